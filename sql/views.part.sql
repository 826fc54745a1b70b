-- --- what is read ----------------------------------------------------------------------------------------------

-- The net of an address: an IPv4 address by the first number of bits, an IPv6 address by the second.
CREATE FUNCTION net_of(address inet, prefix int, prefix6 int) RETURNS cidr
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT network(set_masklen(address, CASE family(address) WHEN 4 THEN prefix ELSE prefix6 END)) $$;

CREATE VIEW ips AS
    SELECT dst_ipaddr, src_ipaddr AS ipaddr, count(*) AS log_count, min(log_date) AS start_date, max(log_date) AS end_date
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1, 2;
CREATE VIEW nets_24 AS
    SELECT dst_ipaddr, net_of(src_ipaddr, 24, 64) AS ipnet, count(*) AS log_count,
        min(log_date) AS start_date, max(log_date) AS end_date
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1, 2;
CREATE VIEW nets_16 AS
    SELECT dst_ipaddr, net_of(src_ipaddr, 16, 48) AS ipnet, count(*) AS log_count,
        min(log_date) AS start_date, max(log_date) AS end_date
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1, 2;
CREATE VIEW nets_8 AS
    SELECT dst_ipaddr, net_of(src_ipaddr, 8, 32) AS ipnet, count(*) AS log_count,
        min(log_date) AS start_date, max(log_date) AS end_date
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1, 2;
CREATE VIEW agg_ips AS
    SELECT src_ipaddr AS ipaddr, count(*) AS log_count, min(log_date) AS start_date, max(log_date) AS end_date
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1;
CREATE VIEW agg_nets_24 AS
    SELECT net_of(src_ipaddr, 24, 64) AS ipnet, count(*) AS log_count, min(log_date) AS start_date, max(log_date) AS end_date
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1;
CREATE VIEW agg_nets_16 AS
    SELECT net_of(src_ipaddr, 16, 48) AS ipnet, count(*) AS log_count, min(log_date) AS start_date, max(log_date) AS end_date
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1;
CREATE VIEW agg_nets_8 AS
    SELECT net_of(src_ipaddr, 8, 32) AS ipnet, count(*) AS log_count, min(log_date) AS start_date, max(log_date) AS end_date
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1;

-- The bits of IPv6 that go with those of IPv4, unless somebody chose them: 24 and 64, 16 and 48, 8 and 32.
CREATE FUNCTION checked_prefix6(prefix int, prefix6 int) RETURNS int
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT
    AS $$
BEGIN
    IF prefix IS NULL OR prefix NOT BETWEEN 0 AND 32 THEN
        RAISE 'the prefix of IPv4 is %, but has to be 0 to 32', coalesce(prefix::text, 'null')
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF prefix6 NOT BETWEEN 0 AND 128 THEN
        RAISE 'the prefix of IPv6 is %, but has to be 0 to 128', prefix6 USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN coalesce(prefix6, CASE prefix WHEN 0 THEN 0 WHEN 32 THEN 128 ELSE 2 * prefix + 16 END);
END $$;

CREATE FUNCTION nets_view(prefix int, prefix6 int DEFAULT NULL)
    RETURNS TABLE (dst_ipaddr inet, ipnet cidr, log_count bigint, start_date timestamptz, end_date timestamptz)
    LANGUAGE sql STABLE SET search_path FROM CURRENT
    AS $$
    SELECT l.dst_ipaddr, net_of(l.src_ipaddr, prefix, bits.six), count(*), min(l.log_date), max(l.log_date)
        FROM checked_prefix6(prefix, prefix6) AS bits (six)
        JOIN inet_log AS l ON l.src_ipaddr IS NOT NULL
        GROUP BY 1, 2
$$;
CREATE FUNCTION agg_nets_view(prefix int, prefix6 int DEFAULT NULL)
    RETURNS TABLE (ipnet cidr, log_count bigint, start_date timestamptz, end_date timestamptz)
    LANGUAGE sql STABLE SET search_path FROM CURRENT
    AS $$
    SELECT net_of(l.src_ipaddr, prefix, bits.six), count(*), min(l.log_date), max(l.log_date)
        FROM checked_prefix6(prefix, prefix6) AS bits (six)
        JOIN inet_log AS l ON l.src_ipaddr IS NOT NULL
        GROUP BY 1
$$;

-- Sessions and successes are few among attempts, so these cost next to nothing in an attack.
CREATE INDEX inet_log_session ON inet_log (sshd_pid, id) WHERE log_event IN ('open_session', 'close_session');
CREATE INDEX inet_log_success ON inet_log (coalesce(src_ipaddr, '::'), coalesce(src_port, -sshd_pid, 0), id)
    WHERE outcome = 'success';
-- (Not the whole name: what does not fit into an index is refused.)
CREATE INDEX inet_log_user_address ON inet_log (left(uid, 64), src_ipaddr, log_date, id) WHERE outcome = 'success';

-- A row a session: the events that opened and closed it (null: it is open).  A close takes the last open session of
-- the same process; where none is known, of the same user on the same connection.  So they are stacks, and a close
-- goes with the open of its level.  (With a process the connection is not asked for: a user can falsify its port once
-- he is logged in.)
CREATE VIEW session AS
    WITH event AS (
        SELECT *, CASE log_event WHEN 'open_session' THEN 1 ELSE -1 END AS step,
                CASE WHEN sshd_pid IS NULL THEN ROW(src_port, src_ipaddr, uid) END AS connection
            FROM inet_log
            WHERE log_event IN ('open_session', 'close_session')),
    summed AS (
        SELECT *, sum(step) OVER (PARTITION BY sshd_pid, service, host, connection ORDER BY id) AS total FROM event),
    stacked AS (
        SELECT *, least(0, min(total) OVER stack) AS bottom,
                least(0, min(total) OVER (stack ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS bottom_before
            FROM summed
            WINDOW stack AS (PARTITION BY sshd_pid, service, host, connection ORDER BY id)),
    paired AS (
        SELECT *, lead(id) OVER level AS close_id, lead(log_date) OVER level AS end_date
            FROM stacked
            WHERE bottom = bottom_before    -- else a close of what nobody opened: the stack stays empty
            WINDOW level AS (PARTITION BY sshd_pid, service, host, connection, greatest(total, total - step) - bottom
                             ORDER BY id))
    SELECT id AS open_id, close_id, sshd_pid, uid, src_ipaddr, src_port, dst_ipaddr, dst_port, service, tty, host,
            log_date AS start_date, end_date
        FROM paired
        WHERE log_event = 'open_session';

CREATE VIEW open_sessions AS
    SELECT open_id AS id, uid, src_ipaddr, src_port, dst_ipaddr, dst_port, service, tty, host, sshd_pid, start_date
        FROM session WHERE close_id IS NULL;

CREATE VIEW completed_sessions AS
    SELECT open_id AS id, uid, src_ipaddr, src_port, dst_ipaddr, dst_port, service, tty, host, sshd_pid,
        start_date, end_date, round(extract(epoch FROM end_date - start_date)::numeric, 3) AS seconds
        FROM session WHERE close_id IS NOT NULL;

-- The last session of each user; end_date is null while it is open.
CREATE VIEW last_session AS
    SELECT DISTINCT ON (uid) uid, src_ipaddr, dst_ipaddr, service, tty, host, start_date, end_date
        FROM session ORDER BY uid, open_id DESC;

CREATE FUNCTION same_connection(one inet_log, other inet_log) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT (one.host, one.src_ipaddr, one.src_port, one.dst_ipaddr, one.dst_port) IS NOT DISTINCT FROM
                 (other.host, other.src_ipaddr, other.src_port, other.dst_ipaddr, other.dst_port)
             AND (one.src_port IS NOT NULL
                  OR (one.sshd_pid, one.service) IS NOT DISTINCT FROM (other.sshd_pid, other.service)) $$;

-- Attempts that failed.  Of the attempts on one connection before its success all but the last are failures,
-- without a success all are.  A connection is source, port, destination and port; without them host, process and
-- service.  (An attempt whose password is being typed counts until it succeeds.)
-- Each is looked up by itself, so that a condition on log_date reads no more than it asks for.  The success comes
-- within a day.  What stands between the two has a date between theirs, or the clock was put back just then: so what
-- was within the two minutes that sshd waits for a login is looked at too.
CREATE VIEW failures AS
    SELECT a.id, a.uid, a.src_ipaddr, a.src_port, a.dst_ipaddr, a.dst_port, a.service, a.tty, a.ruser, a.rhost, a.host,
            a.sshd_pid, a.log_date, a.flags
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
                                AND n.log_date BETWEEN least(a.log_date, s.log_date) - interval '2 minutes'
                                                   AND greatest(a.log_date, s.log_date) + interval '2 minutes'
                                AND (n.src_ipaddr = a.src_ipaddr OR (n.src_ipaddr IS NULL AND a.src_ipaddr IS NULL))
                                AND same_connection(a, n)));
