-- SPDX-License-Identifier: GPL-2.0-or-later
-- The postgresql schema, version 1, for PostgreSQL 13 and later.  It goes into the first schema of the search_path:
--     psql -d iptracking -f postgresql-1.sql
--     psql -d iptracking -c 'CREATE SCHEMA logins' -c 'SET search_path TO logins' -f postgresql-1.sql
-- Then the files with higher numbers, in their order.  The database must have the encoding UTF8.

BEGIN;
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

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
    IF NOT pg_has_role('iptracking_owner', 'MEMBER') THEN
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
    filtered boolean := EXISTS (SELECT FROM unlogged_nets);
BEGIN
    IF log_one_event_is_replaced() THEN
        PERFORM log_one_event(e.dst_ipaddr, e.src_ipaddr, e.src_port, e.log_event, e.uid, e.log_date, e.dst_port,
                              e.outcome, e.sshd_pid, e.service, e.tty, e.ruser, e.rhost, e.host, e.flags)
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
                AS e(dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, service,
                     tty, ruser, rhost, host, flags);
        RETURN cardinality($6);
    END IF;
    -- No join: the rows keep their order.  Of an address that comes often its net is looked up once.
    INSERT INTO inet_log (dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid,
                          service, tty, ruser, rhost, host, flags)
        SELECT e.*
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
                AS e(dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, service,
                     tty, ruser, rhost, host, flags)
            WHERE NOT filtered
                OR e.src_ipaddr IS NULL
                OR e.src_ipaddr NOT IN (SELECT address FROM (SELECT DISTINCT unnest($2)) AS addresses(address)
                                            WHERE EXISTS (SELECT FROM unlogged_nets WHERE net >>= address));
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
-- (views)

-- --- who may what -----------------------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION log_one_event, log_events, log_one_event_is_replaced, notify_of_events, stream_place, advance_stream
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_one_event, log_events, stream_place, advance_stream TO iptracking_writer;
GRANT SELECT ON inet_log, unlogged_nets, settings, schema_info TO iptracking_reader;
GRANT EXECUTE ON FUNCTION log_one_event_is_replaced TO iptracking_reader;

INSERT INTO schema_info
    SELECT 1, md5(prosrc) FROM pg_proc
        WHERE proname = 'log_one_event' AND pronamespace = quote_ident(current_schema())::regnamespace;

COMMIT;
