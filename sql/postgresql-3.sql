-- SPDX-License-Identifier: GPL-2.0-or-later
-- From version 2 to 3: where rows come from, and what imports them.  No row is touched, so that the upgrade of a large
-- database takes no time.

BEGIN;
SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident(pg_catalog.current_schema()) || ', pg_temp', true);
SET LOCAL ROLE iptracking_owner;

UPDATE schema_info SET version = 3;

-- Null: recorded live.  Else it was imported: 'refused' (the callback could not deliver it; from the journal),
-- 'journal', 'btmp', 'wtmp', 'wtmpdb', 'text' (a log file, which anybody may have written).
ALTER TABLE inet_log ADD COLUMN origin text;

-- Events as an array for each column, which all come from `origin`; gives how many were stored.  Not for the daemon:
-- who may call this may write what he likes.
CREATE FUNCTION import_events(dst_ipaddr inet[], src_ipaddr inet[], src_port integer[], log_event log_event_t[], uid text[],
                              log_date timestamptz[], dst_port integer[], outcome log_outcome_t[], sshd_pid integer[],
                              service text[], tty text[], ruser text[], rhost text[], host text[], flags integer[],
                              origin text)
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '20s' AS $$
DECLARE
    number bigint;
BEGIN
    IF origin IS NULL THEN
        RAISE 'the origin is null, but rows that are imported have one' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO inet_log (dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid,
                          service, tty, ruser, rhost, host, flags, origin)
        SELECT e.*, $16
            FROM (SELECT unnest($1), unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7), unnest($8),
                         unnest($9), unnest($10), unnest($11), unnest($12), unnest($13), unnest($14), unnest($15))
                AS e(dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, service,
                     tty, ruser, rhost, host, flags)
            WHERE NOT EXISTS (SELECT FROM unlogged_nets WHERE net >>= e.src_ipaddr);
    GET DIAGNOSTICS number = ROW_COUNT;
    RETURN number;
END
$$;
REVOKE ALL ON FUNCTION import_events FROM PUBLIC;

-- --- asking: what is imported comes later than it happened, so dates decide, not numbers --------------------------

-- A row a session: the events that opened and closed it (null: it is open).  A close takes the last open session of
-- the same process; where none is known, of the same user on the same connection.  So they are stacks: a close goes
-- with the open of its level, and where nothing is open it lowers the bottom.  (With a process the connection is not
-- asked for: a user can falsify its port once he is logged in.)
CREATE OR REPLACE VIEW session AS
    WITH event AS (
        SELECT *, CASE log_event WHEN 'open_session' THEN 1 ELSE -1 END AS step,
                CASE WHEN sshd_pid IS NULL THEN ROW(src_port, src_ipaddr, uid) END AS connection
            FROM inet_log
            WHERE log_event IN ('open_session', 'close_session')),
    summed AS (
        SELECT *, sum(step) OVER (PARTITION BY sshd_pid, service, host, connection ORDER BY log_date, id) AS total
            FROM event),
    stacked AS (
        SELECT *, least(0, min(total) OVER (PARTITION BY sshd_pid, service, host, connection
                                            ORDER BY log_date, id)) AS bottom
            FROM summed),
    paired AS (
        SELECT *, lead(id) OVER level AS close_id, lead(log_date) OVER level AS end_date
            FROM stacked
            WINDOW level AS (PARTITION BY sshd_pid, service, host, connection, greatest(total, total - step) - bottom
                             ORDER BY log_date, id))
    SELECT id AS open_id, close_id, sshd_pid, uid, src_ipaddr, src_port, dst_ipaddr, dst_port, service, tty, host,
            log_date AS start_date, end_date
        FROM paired
        WHERE log_event = 'open_session';

-- Those of the view that began since a date and before another.  It reads what the processes of these did, and of
-- sessions without a process all; the view reads all.
CREATE FUNCTION sessions(since timestamptz, until timestamptz DEFAULT 'infinity') RETURNS SETOF session
    LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    pids integer[] := ARRAY(SELECT DISTINCT l.sshd_pid FROM inet_log AS l
                                WHERE l.log_event = 'open_session' AND l.sshd_pid IS NOT NULL
                                    AND l.log_date >= since AND l.log_date < until);
BEGIN
    RETURN QUERY
        WITH event AS (
            SELECT *, CASE log_event WHEN 'open_session' THEN 1 ELSE -1 END AS step,
                    CASE WHEN sshd_pid IS NULL THEN ROW(src_port, src_ipaddr, uid) END AS connection
                FROM inet_log
                WHERE log_event IN ('open_session', 'close_session') AND (sshd_pid = ANY (pids) OR sshd_pid IS NULL)),
        summed AS (
            SELECT *, sum(step) OVER (PARTITION BY sshd_pid, service, host, connection ORDER BY log_date, id) AS total
                FROM event),
        stacked AS (
            SELECT *, least(0, min(total) OVER (PARTITION BY sshd_pid, service, host, connection
                                                ORDER BY log_date, id)) AS bottom
                FROM summed),
        paired AS (
            SELECT *, lead(id) OVER level AS close_id, lead(log_date) OVER level AS end_date
                FROM stacked
                WINDOW level AS (PARTITION BY sshd_pid, service, host, connection, greatest(total, total - step) - bottom
                                 ORDER BY log_date, id))
        SELECT id AS open_id, close_id, sshd_pid, uid, src_ipaddr, src_port, dst_ipaddr, dst_port, service, tty, host,
                log_date AS start_date, end_date
            FROM paired
            WHERE log_event = 'open_session' AND log_date >= since AND log_date < until;
END
$$;
REVOKE ALL ON FUNCTION sessions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sessions TO iptracking_reader;

-- The last session of each user; end_date is null while it is open.
CREATE OR REPLACE VIEW last_session AS
    SELECT DISTINCT ON (uid) uid, src_ipaddr, dst_ipaddr, service, tty, host, start_date, end_date
        FROM session ORDER BY uid, start_date DESC, open_id DESC;

-- Attempts that failed, as in version 1, and their origin.
CREATE OR REPLACE VIEW failures AS
    SELECT a.id, a.uid, a.src_ipaddr, a.src_port, a.dst_ipaddr, a.dst_port, a.service, a.tty, a.ruser, a.rhost, a.host,
            a.sshd_pid, a.log_date, a.flags, a.origin
        FROM inet_log AS a
        WHERE a.log_event = 'auth' AND a.outcome IN ('attempt', 'failure') AND NOT EXISTS (
            SELECT FROM inet_log AS s
                WHERE a.outcome = 'attempt' AND s.outcome = 'success' AND s.log_event = 'auth'
                    AND coalesce(s.src_ipaddr, '::') = coalesce(a.src_ipaddr, '::')
                    AND coalesce(s.src_port, -s.sshd_pid, 0) = coalesce(a.src_port, -a.sshd_pid, 0)
                    AND s.id > a.id
                    AND s.log_date BETWEEN a.log_date - interval '24 hours' AND a.log_date + interval '24 hours'
                    AND same_connection(a, s) AND (s.sshd_pid = a.sshd_pid) IS NOT FALSE
                    AND NOT EXISTS (
                        SELECT FROM inet_log AS n
                            WHERE n.log_event = 'auth' AND n.id > a.id AND n.id < s.id
                                AND n.log_date BETWEEN least(a.log_date, s.log_date) AND greatest(a.log_date, s.log_date)
                                AND (n.src_ipaddr = a.src_ipaddr OR (n.src_ipaddr IS NULL AND a.src_ipaddr IS NULL))
                                AND same_connection(a, n)));

-- --- addresses that are truncated -------------------------------------------------------------------------------------
-- A src_ipaddr may be a net, 192.0.2.0/24 or 2001:db8::/48, where more of it was to be forgotten; flags has 8 then.

-- The net of an address, of no more bits than are known.
CREATE OR REPLACE FUNCTION net_of(address inet, prefix integer, prefix6 integer) RETURNS cidr
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT network(set_masklen(address, least(masklen(address), CASE family(address) WHEN 4 THEN prefix ELSE prefix6 END)))
$$;

-- Keeps of the source addresses of what is older than a date the nets only, and drops their ports and names.  Gives how
-- many rows were changed.  With `at_most` it looks at about so many, so that a transaction does not last for hours, and
-- gives the date of the last one: call it again with that as `since`, until it is null.
CREATE FUNCTION truncate_addresses(before timestamptz, at_most bigint DEFAULT NULL, since timestamptz DEFAULT '-infinity',
                                   OUT number bigint, OUT upto timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '5s' AS $$
BEGIN
    IF before IS NULL OR before > now() THEN
        RAISE 'the date is %, but has to be in the past', coalesce(before::text, 'null')
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF at_most < 1 THEN
        RAISE 'the number of rows is %, but has to be 1 or more', at_most USING ERRCODE = 'invalid_parameter_value';
    END IF;
    upto := (SELECT log_date FROM inet_log WHERE log_date > since AND log_date < before AND at_most > 0
                 ORDER BY log_date OFFSET at_most - 1 LIMIT 1);
    UPDATE inet_log SET src_ipaddr = net_of(src_ipaddr, 24, 48), src_port = NULL, rhost = NULL, flags = flags | 8
        WHERE log_date > since AND log_date < before AND log_date <= coalesce(upto, 'infinity')
            AND flags & 8 = 0 AND num_nonnulls(src_ipaddr, src_port, rhost) > 0;
    GET DIAGNOSTICS number = ROW_COUNT;
END
$$;

REVOKE ALL ON FUNCTION truncate_addresses FROM PUBLIC;

COMMIT;
