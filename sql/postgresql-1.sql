-- SPDX-License-Identifier: GPL-2.0-or-later
-- The postgresql schema, version 1, for PostgreSQL 13 and later.  It goes into the first schema of the search_path:
--     psql -d iptracking -f postgresql-1.sql
--     psql -d iptracking -c 'CREATE SCHEMA logins' -c 'SET search_path TO logins' -f postgresql-1.sql
-- Then the files with higher numbers, in their order.  The database must have the encoding UTF8.

BEGIN;
-- (With pg_catalog in front of all that is called: somebody else may have made functions of the same names here.)
SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident(pg_catalog.current_schema()) || ', pg_temp', true);

-- Our functions run as their owner and find their parts here, so here nobody else may make any.
DO $$
BEGIN
    IF pg_catalog.has_schema_privilege('public', pg_catalog.current_schema(), 'CREATE') THEN
        RAISE 'everybody may make things in the schema %, so they could run as the owner of ours; '
              'take another schema, or in psql: REVOKE CREATE ON SCHEMA % FROM PUBLIC;',
                pg_catalog.quote_ident(pg_catalog.current_schema()), pg_catalog.quote_ident(pg_catalog.current_schema())
            USING ERRCODE = 'invalid_schema_definition';
    END IF;
END
$$;

-- --- roles: one that owns, one that may only insert, one that may only read.  Who logs in is a member of one:
--     CREATE ROLE iptracking LOGIN IN ROLE iptracking_writer;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['iptracking_owner', 'iptracking_writer', 'iptracking_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I', name);
        END IF;
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), name);
    END LOOP;
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO iptracking_owner', current_schema());
    -- Since version 16 who makes a role is a member of it, but may not become it before he grants that to himself.
    IF NOT pg_has_role('iptracking_owner', CASE WHEN current_setting('server_version_num')::integer < 160000
                                                THEN 'MEMBER' ELSE 'SET' END) THEN
        GRANT iptracking_owner TO CURRENT_USER;
    END IF;
END
$$;
SET LOCAL ROLE iptracking_owner;

-- --- tables -------------------------------------------------------------------------------------------------------

CREATE TYPE log_event_t AS ENUM ('unknown', 'auth', 'open_session', 'close_session');
CREATE TYPE log_outcome_t AS ENUM ('attempt', 'success', 'failure');

CREATE SEQUENCE inet_log_id_seq;

-- One row an event.  Texts from outside stand without control characters; what was no valid UTF-8, and every
-- backslash, is written \xHH.
CREATE TABLE inet_log (
    id         bigint NOT NULL DEFAULT nextval('inet_log_id_seq'),  -- rises in the order in which a host's events arrive
    dst_ipaddr inet,                    -- the host that was logged in to
    src_ipaddr inet,                    -- the remote client; null: a local service
    src_port   integer,
    log_event  log_event_t NOT NULL,
    uid        text,                    -- the user name as typed; <<EMPTY>>: nothing was typed (flags has 1)
    log_date   timestamptz NOT NULL,
    dst_port   integer,
    outcome    log_outcome_t,           -- null for sessions
    sshd_pid   integer,                 -- the process that holds the session: the phases of a connection share it
    service    text,                    -- of PAM: sshd, su, sudo
    tty        text,
    ruser      text,
    rhost      text,                    -- a name, where no address is known
    host       text,                    -- the host that recorded the event
    flags      integer NOT NULL DEFAULT 0,      -- 1 the user name was empty, 2 it was cut, 4 another text was cut
    PRIMARY KEY (log_date, id)
) PARTITION BY RANGE (log_date);
ALTER SEQUENCE inet_log_id_seq OWNED BY inet_log.id;
-- All rows are here, unless partitions are asked for.
CREATE TABLE inet_log_default PARTITION OF inet_log DEFAULT;
CREATE INDEX inet_log_src_ipaddr ON inet_log (src_ipaddr, log_date);
CREATE INDEX inet_log_uid ON inet_log (uid, log_date);
-- Sessions and successes are few among attempts, so these cost next to nothing in an attack.
CREATE INDEX inet_log_session ON inet_log (sshd_pid, id) WHERE log_event IN ('open_session', 'close_session');
CREATE INDEX inet_log_success ON inet_log (coalesce(src_ipaddr, '::'), coalesce(src_port, -sshd_pid, 0), id)
    WHERE outcome = 'success';
-- (Not the whole name: what does not fit into an index is refused.)
CREATE INDEX inet_log_user_address ON inet_log (left(uid, 64), src_ipaddr, log_date, id) WHERE outcome = 'success';

-- Events from these nets are not stored.
CREATE TABLE unlogged_nets (
    net     cidr PRIMARY KEY,
    comment text
);
CREATE INDEX unlogged_nets_net ON unlogged_nets USING gist (net inet_ops);

-- How far the events of each host were stored; written in the transaction of the rows.  A row for each host: no host
-- waits for another one.
CREATE TABLE stream (
    id       text PRIMARY KEY,
    segment  bigint NOT NULL,
    "offset" bigint NOT NULL,
    batch    bigint NOT NULL,           -- a random number: whether it was this host that wrote last, or a clone of it
    advanced timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE settings (
    notify           boolean NOT NULL DEFAULT false,    -- NOTIFY iptracking for each batch; all commits wait for each other then
    partition_by     text CHECK (partition_by IN ('day', 'week', 'month', 'year')),  -- null: one partition for all
    partitions_ahead integer NOT NULL DEFAULT 3
);
INSERT INTO settings DEFAULT VALUES;
CREATE UNIQUE INDEX settings_one_row ON settings ((true));

CREATE TABLE schema_info (
    version           integer NOT NULL,
    log_one_event_md5 text NOT NULL     -- of the body that comes with this schema
);

-- --- storing ------------------------------------------------------------------------------------------------------

-- One event.  May be replaced, to store events in another way; then it is called for every event, which costs about
-- half of the rate.
CREATE FUNCTION log_one_event(dst_ipaddr inet, src_ipaddr inet, src_port integer, log_event log_event_t, uid text,
                              log_date timestamptz, dst_port integer DEFAULT NULL, outcome log_outcome_t DEFAULT NULL,
                              sshd_pid integer DEFAULT NULL, service text DEFAULT NULL, tty text DEFAULT NULL,
                              ruser text DEFAULT NULL, rhost text DEFAULT NULL, host text DEFAULT NULL,
                              flags integer DEFAULT 0)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (SELECT FROM unlogged_nets WHERE net >>= $2) THEN
        RETURN;
    END IF;
    INSERT INTO inet_log (dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid,
                          service, tty, ruser, rhost, host, flags)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);
    PERFORM notify_of_events($14, 1);
END
$$;

-- Whether somebody has replaced it.
CREATE FUNCTION log_one_event_is_replaced() RETURNS boolean LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT NOT EXISTS (SELECT FROM pg_proc, schema_info
                           WHERE proname = 'log_one_event' AND pronamespace = quote_ident(current_schema())::regnamespace
                               AND md5(prosrc) = log_one_event_md5)
$$;

-- Events as an array for each column, with the effect of log_one_event() for each of them; gives how many there were.
-- What somebody else has locked is waited for 20 seconds: who stores asks again later, and no sessions pile up.
CREATE FUNCTION log_events(dst_ipaddr inet[], src_ipaddr inet[], src_port integer[], log_event log_event_t[], uid text[],
                           log_date timestamptz[], dst_port integer[], outcome log_outcome_t[], sshd_pid integer[],
                           service text[], tty text[], ruser text[], rhost text[], host text[], flags integer[])
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '20s' AS $$
DECLARE
    number bigint;
    unlogged inet[];
BEGIN
    IF log_one_event_is_replaced() THEN
        PERFORM log_one_event(e.dst_ipaddr, e.src_ipaddr, e.src_port, e.log_event, e.uid, e.log_date, e.dst_port,
                              e.outcome, e.sshd_pid, e.service, e.tty, e.ruser, e.rhost, e.host, e.flags)
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
                AS e(dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, service,
                     tty, ruser, rhost, host, flags);
        RETURN cardinality($6);
    END IF;
    IF EXISTS (SELECT FROM unlogged_nets) THEN  -- of an address that comes often its net is looked up once
        unlogged := ARRAY(SELECT address FROM (SELECT DISTINCT unnest($2)) AS addresses(address)
                              WHERE EXISTS (SELECT FROM unlogged_nets WHERE net >>= address));
    END IF;
    -- No join: the rows keep their order.  As a list of unnest() they are never put aside, as they are behind FROM.
    INSERT INTO inet_log (dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid,
                          service, tty, ruser, rhost, host, flags)
        SELECT e.*
            FROM (SELECT unnest($1), unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7), unnest($8),
                         unnest($9), unnest($10), unnest($11), unnest($12), unnest($13), unnest($14), unnest($15))
                AS e(dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, service,
                     tty, ruser, rhost, host, flags)
            WHERE e.src_ipaddr IS NULL OR e.src_ipaddr NOT IN (SELECT unnest(unlogged));
    GET DIAGNOSTICS number = ROW_COUNT;
    IF number > 0 THEN
        PERFORM notify_of_events($14[1], number);
    END IF;
    RETURN cardinality($6);
END
$$;

-- Tells who listens, LISTEN iptracking, that a host has recorded events, if settings.notify asks for it.
CREATE FUNCTION notify_of_events(host text, number bigint) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    SELECT pg_notify('iptracking', json_build_object('schema', current_schema(), 'host', $1, 'events', $2)::text)
        FROM settings WHERE settings.notify
$$;

-- --- how far a stream was stored ----------------------------------------------------------------------------------

-- One row; segment is null where the stream is not known.
CREATE FUNCTION stream_place(stream text, OUT version integer, OUT replaced boolean, OUT segment bigint,
                             OUT "offset" bigint, OUT batch bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT i.version, log_one_event_is_replaced(), s.segment, s."offset", s.batch
        FROM schema_info AS i LEFT JOIN stream AS s ON s.id = $1
$$;

-- Moves the stream on from one place to another, if that is where it is; from null: begins it, if it is not known.
-- False: it is elsewhere.  To be called in the transaction of the rows, and before them: who sends a batch again waits
-- here until it is known what became of the first try.
CREATE FUNCTION advance_stream(stream text, from_segment bigint, from_offset bigint, to_segment bigint, to_offset bigint,
                               batch bigint)
    RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '20s' AS $$
BEGIN
    IF $2 IS NULL THEN
        INSERT INTO stream (id, segment, "offset", batch) VALUES ($1, $4, $5, $6) ON CONFLICT DO NOTHING;
    ELSE
        UPDATE stream AS s SET segment = $4, "offset" = $5, batch = $6, advanced = now()
            WHERE s.id = $1 AND s.segment = $2 AND s."offset" = $3;
    END IF;
    RETURN FOUND;
END
$$;

-- --- asking ---------------------------------------------------------------------------------------------------------

-- The net of an address: an IPv4 address by the first number of bits, an IPv6 address by the second.
CREATE FUNCTION net_of(address inet, prefix integer, prefix6 integer) RETURNS cidr
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT network(set_masklen(address, CASE family(address) WHEN 4 THEN prefix ELSE prefix6 END))
$$;

CREATE VIEW ips AS
    SELECT dst_ipaddr, src_ipaddr AS ipaddr, count(*) AS log_count,
        min(log_date) AS start_date, max(log_date) AS end_date
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
    SELECT src_ipaddr AS ipaddr, count(*) AS log_count,
        min(log_date) AS start_date, max(log_date) AS end_date
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1;
CREATE VIEW agg_nets_24 AS
    SELECT net_of(src_ipaddr, 24, 64) AS ipnet, count(*) AS log_count,
        min(log_date) AS start_date, max(log_date) AS end_date
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1;
CREATE VIEW agg_nets_16 AS
    SELECT net_of(src_ipaddr, 16, 48) AS ipnet, count(*) AS log_count,
        min(log_date) AS start_date, max(log_date) AS end_date
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1;
CREATE VIEW agg_nets_8 AS
    SELECT net_of(src_ipaddr, 8, 32) AS ipnet, count(*) AS log_count,
        min(log_date) AS start_date, max(log_date) AS end_date
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1;

-- The bits of IPv6 that go with those of IPv4, unless somebody chose them: 24 and 64, 16 and 48, 8 and 32.
CREATE FUNCTION checked_prefix6(prefix integer, prefix6 integer) RETURNS integer
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
BEGIN
    IF prefix IS NULL OR prefix NOT BETWEEN 0 AND 32 THEN
        RAISE 'the prefix of IPv4 is %, but has to be 0 to 32', coalesce(prefix::text, 'null')
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF prefix6 NOT BETWEEN 0 AND 128 THEN
        RAISE 'the prefix of IPv6 is %, but has to be 0 to 128', prefix6 USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN coalesce(prefix6, CASE prefix WHEN 0 THEN 0 WHEN 32 THEN 128 ELSE 2 * prefix + 16 END);
END
$$;

CREATE FUNCTION nets_view(prefix integer, prefix6 integer DEFAULT NULL)
    RETURNS TABLE (dst_ipaddr inet, ipnet cidr, log_count bigint, start_date timestamptz, end_date timestamptz)
    LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    six integer := checked_prefix6(prefix, prefix6);
BEGIN
    RETURN QUERY
        SELECT l.dst_ipaddr, net_of(l.src_ipaddr, prefix, six), count(*), min(l.log_date), max(l.log_date)
            FROM inet_log AS l WHERE l.src_ipaddr IS NOT NULL GROUP BY 1, 2;
END
$$;

CREATE FUNCTION agg_nets_view(prefix integer, prefix6 integer DEFAULT NULL)
    RETURNS TABLE (ipnet cidr, log_count bigint, start_date timestamptz, end_date timestamptz)
    LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    six integer := checked_prefix6(prefix, prefix6);
BEGIN
    RETURN QUERY
        SELECT net_of(l.src_ipaddr, prefix, six), count(*), min(l.log_date), max(l.log_date)
            FROM inet_log AS l WHERE l.src_ipaddr IS NOT NULL GROUP BY 1;
END
$$;

-- A row a session: the events that opened and closed it (null: it is open).  A close takes the last open session of
-- the same process; where none is known, of the same user on the same connection.  So they are stacks: a close goes
-- with the open of its level, and where nothing is open it lowers the bottom.  (With a process the connection is not
-- asked for: a user can falsify its port once he is logged in.)
CREATE VIEW session AS
    WITH event AS (
        SELECT *, CASE log_event WHEN 'open_session' THEN 1 ELSE -1 END AS step,
                CASE WHEN sshd_pid IS NULL THEN ROW(src_port, src_ipaddr, uid) END AS connection
            FROM inet_log
            WHERE log_event IN ('open_session', 'close_session')),
    summed AS (
        SELECT *, sum(step) OVER (PARTITION BY sshd_pid, service, host, connection ORDER BY id) AS total FROM event),
    stacked AS (
        SELECT *, least(0, min(total) OVER (PARTITION BY sshd_pid, service, host, connection ORDER BY id)) AS bottom
            FROM summed),
    paired AS (
        SELECT *, lead(id) OVER level AS close_id, lead(log_date) OVER level AS end_date
            FROM stacked
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
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (one.host, one.src_ipaddr, one.src_port, one.dst_ipaddr, one.dst_port) IS NOT DISTINCT FROM
           (other.host, other.src_ipaddr, other.src_port, other.dst_ipaddr, other.dst_port)
       AND (one.src_port IS NOT NULL
            OR (one.sshd_pid, one.service) IS NOT DISTINCT FROM (other.sshd_pid, other.service))
$$;

-- Attempts that failed.  Of the attempts on one connection before its success all but the last are failures,
-- without a success all are.  A connection is source, port, destination and port; without them host, process and
-- service.  (An attempt whose password is being typed counts until it succeeds.)
-- Each is looked up by itself, so that a condition on log_date reads no more than it asks for.  For that the success
-- has to come within a day, and what stands between the two has a date between theirs.  (So a clock that is put back
-- between two attempts of a login hides the first.)
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
                                AND n.log_date BETWEEN least(a.log_date, s.log_date) AND greatest(a.log_date, s.log_date)
                                AND (n.src_ipaddr = a.src_ipaddr OR (n.src_ipaddr IS NULL AND a.src_ipaddr IS NULL))
                                AND same_connection(a, n)));

-- --- who may what -----------------------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION log_one_event, log_events, log_one_event_is_replaced, notify_of_events, stream_place, advance_stream,
    net_of, checked_prefix6, nets_view, agg_nets_view, same_connection
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_one_event, log_events, stream_place, advance_stream TO iptracking_writer;
GRANT SELECT ON inet_log, unlogged_nets, settings, schema_info,
    ips, nets_24, nets_16, nets_8, agg_ips, agg_nets_24, agg_nets_16, agg_nets_8,
    session, open_sessions, completed_sessions, last_session, failures TO iptracking_reader;
GRANT EXECUTE ON FUNCTION log_one_event_is_replaced, net_of, checked_prefix6, nets_view, agg_nets_view, same_connection
    TO iptracking_reader;

INSERT INTO schema_info
    SELECT 1, md5(prosrc) FROM pg_proc
        WHERE proname = 'log_one_event' AND pronamespace = pg_catalog.quote_ident(pg_catalog.current_schema())::regnamespace;

COMMIT;
