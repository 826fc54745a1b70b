-- SPDX-License-Identifier: GPL-2.0-or-later
-- From version 3 to 4: how a session was opened, by which key, and how much it moved.  No row is touched; two small
-- indexes are made, for which a large table is read once.  A daemon of before goes on storing what it knows.

BEGIN;
SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident(pg_catalog.current_schema()) || ', pg_temp', true);
SET LOCAL ROLE iptracking_owner;

-- --- tables -------------------------------------------------------------------------------------------------------

-- What the kernel has counted of the TCP connection since it began, when the event was recorded: rx came from the
-- client, tx went to it.  Bytes are payload, without retransmissions.  Null: not known.
ALTER TABLE inet_log
    ADD COLUMN rx_bytes bigint, ADD COLUMN tx_bytes bigint, ADD COLUMN rx_packets bigint, ADD COLUMN tx_packets bigint,
-- How sshd let the session in; at what opens and closes it.  Several steps are joined by commas.
    ADD COLUMN auth_method text,        -- publickey; publickey,password
    ADD COLUMN auth_key text,           -- fingerprint, as ssh-keygen -l prints it: SHA256:…
    ADD COLUMN cert_id text,            -- of a certificate: its key id,
    ADD COLUMN cert_serial numeric(20), -- its serial,
    ADD COLUMN cert_ca text;            -- the fingerprint of the key that signed it
-- Only of what opens sessions, so they cost nothing in an attack.  (Not the whole key: what does not fit into an index
-- is refused.)
CREATE INDEX inet_log_auth_key ON inet_log (left(auth_key, 64), log_date)
    WHERE auth_key IS NOT NULL AND log_event = 'open_session';
CREATE INDEX inet_log_opened ON inet_log (src_port, src_ipaddr, log_date) WHERE log_event = 'open_session';

-- The same counters of sessions while they were open, where iptracking-sampler.timer is on.
CREATE TABLE sample (
    open_id    bigint NOT NULL,         -- what opened the session
    log_date   timestamptz NOT NULL,
    rx_bytes   bigint,
    tx_bytes   bigint,
    rx_packets bigint,
    tx_packets bigint,
    PRIMARY KEY (open_id, log_date)
);

-- When all connections of a port were sampled last: a session that began before, and was not found then, is gone.
CREATE TABLE sampled (
    host     text NOT NULL,
    dst_port integer NOT NULL,
    log_date timestamptz NOT NULL,
    PRIMARY KEY (host, dst_port)
);

-- --- storing ------------------------------------------------------------------------------------------------------

-- Whether somebody has replaced it.  Who wants to have what is new makes one with all 24 parameters of log_events(), as
-- single values and without defaults: then that is called.  One with the 15 of before is given those.
CREATE OR REPLACE FUNCTION log_one_event_is_replaced() RETURNS boolean LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT coalesce(bool_or(md5(prosrc) <> log_one_event_md5), true)
        FROM pg_proc CROSS JOIN schema_info
        WHERE proname = 'log_one_event' AND pronamespace = quote_ident(current_schema())::regnamespace
$$;
UPDATE schema_info SET version = 4;

-- Events as an array for each column, as in version 1; a daemon of before gives the first 15.
DROP FUNCTION log_events;
CREATE FUNCTION log_events(dst_ipaddr inet[], src_ipaddr inet[], src_port integer[], log_event log_event_t[], uid text[],
                           log_date timestamptz[], dst_port integer[], outcome log_outcome_t[], sshd_pid integer[],
                           service text[], tty text[], ruser text[], rhost text[], host text[], flags integer[],
                           rx_bytes bigint[] DEFAULT NULL, tx_bytes bigint[] DEFAULT NULL, rx_packets bigint[] DEFAULT NULL,
                           tx_packets bigint[] DEFAULT NULL, auth_method text[] DEFAULT NULL, auth_key text[] DEFAULT NULL,
                           cert_id text[] DEFAULT NULL, cert_serial numeric[] DEFAULT NULL, cert_ca text[] DEFAULT NULL)
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '20s' AS $$
DECLARE
    number bigint;
    unlogged inet[];
BEGIN
    IF log_one_event_is_replaced() THEN
        IF EXISTS (SELECT FROM pg_proc
                       WHERE proname = 'log_one_event' AND pronamespace = quote_ident(current_schema())::regnamespace
                           AND pronargs = 24) THEN
            PERFORM log_one_event(e.dst_ipaddr, e.src_ipaddr, e.src_port, e.log_event, e.uid, e.log_date, e.dst_port,
                                  e.outcome, e.sshd_pid, e.service, e.tty, e.ruser, e.rhost, e.host, e.flags,
                                  e.rx_bytes, e.tx_bytes, e.rx_packets, e.tx_packets,
                                  e.auth_method, e.auth_key, e.cert_id, e.cert_serial, e.cert_ca)
                FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                            $21, $22, $23, $24)
                    AS e(dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, service,
                         tty, ruser, rhost, host, flags, rx_bytes, tx_bytes, rx_packets, tx_packets,
                         auth_method, auth_key, cert_id, cert_serial, cert_ca);
            RETURN cardinality($6);
        END IF;
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
                          service, tty, ruser, rhost, host, flags, rx_bytes, tx_bytes, rx_packets, tx_packets,
                          auth_method, auth_key, cert_id, cert_serial, cert_ca)
        SELECT e.*
            FROM (SELECT unnest($1), unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7), unnest($8),
                         unnest($9), unnest($10), unnest($11), unnest($12), unnest($13), unnest($14), unnest($15),
                         unnest($16), unnest($17), unnest($18), unnest($19), unnest($20), unnest($21), unnest($22),
                         unnest($23), unnest($24))
                AS e(dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, service,
                     tty, ruser, rhost, host, flags, rx_bytes, tx_bytes, rx_packets, tx_packets,
                     auth_method, auth_key, cert_id, cert_serial, cert_ca)
            WHERE e.src_ipaddr IS NULL OR e.src_ipaddr NOT IN (SELECT unnest(unlogged));
    GET DIAGNOSTICS number = ROW_COUNT;
    IF number > 0 THEN
        PERFORM notify_of_events($14[1], number);
    END IF;
    RETURN cardinality($6);
END
$$;

-- Counters of connections that are open, as an array for each column; each goes to the session of its connection, if
-- one is known that was open then.  (By date: the events of the same batch are there already.)  One without src_port says that all connections of dst_port were sampled then.
CREATE FUNCTION log_samples(host text[], src_ipaddr inet[], src_port integer[], dst_ipaddr inet[], dst_port integer[],
                            log_date timestamptz[], rx_bytes bigint[], tx_bytes bigint[], rx_packets bigint[],
                            tx_packets bigint[])
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '20s' AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO sample (open_id, log_date, rx_bytes, tx_bytes, rx_packets, tx_packets)
        SELECT o.id, e.log_date, e.rx_bytes, e.tx_bytes, e.rx_packets, e.tx_packets
            FROM (SELECT unnest($1), unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7), unnest($8),
                         unnest($9), unnest($10))
                AS e(host, src_ipaddr, src_port, dst_ipaddr, dst_port, log_date, rx_bytes, tx_bytes, rx_packets, tx_packets)
            CROSS JOIN LATERAL (
                SELECT l.id, l.host, l.sshd_pid, l.service
                    FROM inet_log AS l
                    WHERE l.log_event = 'open_session' AND l.src_port = e.src_port AND l.src_ipaddr = e.src_ipaddr
                        AND l.dst_port = e.dst_port AND l.dst_ipaddr = e.dst_ipaddr AND l.host = e.host
                        AND l.log_date <= e.log_date
                    ORDER BY l.log_date DESC, l.id DESC LIMIT 1) AS o
            WHERE e.rx_bytes IS NOT NULL AND e.tx_bytes IS NOT NULL AND NOT EXISTS (
                SELECT FROM inet_log AS c
                    WHERE c.log_event = 'close_session' AND c.sshd_pid = o.sshd_pid AND c.id > o.id
                        AND c.host = o.host AND c.service IS NOT DISTINCT FROM o.service AND c.log_date <= e.log_date)
        ON CONFLICT DO NOTHING;
    -- The last, not the latest: what a wrong clock said gives way.
    INSERT INTO sampled (host, dst_port, log_date)
        SELECT DISTINCT ON (e.host, e.dst_port) e.host, e.dst_port, e.log_date
            FROM unnest($1, $3, $5, $6) WITH ORDINALITY AS e(host, src_port, dst_port, log_date, number)
            WHERE e.src_port IS NULL AND e.host IS NOT NULL AND e.dst_port IS NOT NULL AND e.log_date IS NOT NULL
            ORDER BY e.host, e.dst_port, e.number DESC
        ON CONFLICT (host, dst_port) DO UPDATE SET log_date = excluded.log_date;
END
$$;

-- As in version 3, with what is new.
DROP FUNCTION import_events;
CREATE FUNCTION import_events(dst_ipaddr inet[], src_ipaddr inet[], src_port integer[], log_event log_event_t[], uid text[],
                              log_date timestamptz[], dst_port integer[], outcome log_outcome_t[], sshd_pid integer[],
                              service text[], tty text[], ruser text[], rhost text[], host text[], flags integer[],
                              origin text,
                              rx_bytes bigint[] DEFAULT NULL, tx_bytes bigint[] DEFAULT NULL,
                              rx_packets bigint[] DEFAULT NULL, tx_packets bigint[] DEFAULT NULL,
                              auth_method text[] DEFAULT NULL, auth_key text[] DEFAULT NULL, cert_id text[] DEFAULT NULL,
                              cert_serial numeric[] DEFAULT NULL, cert_ca text[] DEFAULT NULL)
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '20s' AS $$
DECLARE
    number bigint;
BEGIN
    IF origin IS NULL THEN
        RAISE 'the origin is null, but rows that are imported have one' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO inet_log (dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid,
                          service, tty, ruser, rhost, host, flags, rx_bytes, tx_bytes, rx_packets, tx_packets,
                          auth_method, auth_key, cert_id, cert_serial, cert_ca, origin)
        SELECT e.*, $16
            FROM (SELECT unnest($1), unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7), unnest($8),
                         unnest($9), unnest($10), unnest($11), unnest($12), unnest($13), unnest($14), unnest($15),
                         unnest($17), unnest($18), unnest($19), unnest($20), unnest($21), unnest($22), unnest($23),
                         unnest($24), unnest($25))
                AS e(dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, service,
                     tty, ruser, rhost, host, flags, rx_bytes, tx_bytes, rx_packets, tx_packets,
                     auth_method, auth_key, cert_id, cert_serial, cert_ca)
            WHERE NOT EXISTS (SELECT FROM unlogged_nets WHERE net >>= e.src_ipaddr);
    GET DIAGNOSTICS number = ROW_COUNT;
    RETURN number;
END
$$;

-- As in version 2, and samples too.
CREATE OR REPLACE FUNCTION purge(before timestamptz, at_most bigint DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC' SET datestyle = 'ISO'
    SET lock_timeout = '5s' AS $$
DECLARE
    old regclass[] := ARRAY(SELECT name FROM partitions WHERE end_date <= before);
    partition regclass;
    number bigint;
    gone bigint := 0;
BEGIN
    IF before IS NULL OR before > now() THEN
        RAISE 'the date is %, but has to be in the past', coalesce(before::text, 'null')
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF at_most < 1 THEN
        RAISE 'the number of rows is %, but has to be 1 or more', at_most USING ERRCODE = 'invalid_parameter_value';
    END IF;
    LOCK TABLE ONLY inet_log IN SHARE UPDATE EXCLUSIVE MODE;
    FOR partition IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'inet_log'::regclass LOOP
        IF partition = ANY (old) THEN
            EXECUTE format('SELECT count(*) FROM %s', partition) INTO number;
        ELSE
            EXECUTE format('DELETE FROM %1$s WHERE log_date < $1 AND log_date <= coalesce(
                (SELECT log_date FROM %1$s WHERE log_date < $1 AND $2 > 0 ORDER BY log_date OFFSET $2 - 1 LIMIT 1),
                ''infinity'')', partition) USING before, at_most;
            GET DIAGNOSTICS number = ROW_COUNT;
        END IF;
        gone := gone + number;
    END LOOP;
    DELETE FROM sample WHERE log_date < before;
    -- Whoever inserts waits from here; before a partition is made, since then it could wait for us and we for it.
    FOREACH partition IN ARRAY old LOOP
        EXECUTE format('DROP TABLE %s', partition);
    END LOOP;
    PERFORM make_partitions();
    RETURN gone;
END
$$;

-- --- how much was moved -----------------------------------------------------------------------------------------------

-- A row a session whose counters are known.  `before`: until it was opened, so also until the login; the others are
-- of the whole connection; what lies between was moved during the session.  state: closed, open, gone (nobody saw its
-- end; its counters are those of the last sample).  Without src_port - it was truncated - no sample finds it.
CREATE VIEW session_traffic AS
    SELECT o.id, o.uid, o.src_ipaddr, o.src_port, o.dst_ipaddr, o.dst_port, o.service, o.tty, o.host, o.sshd_pid,
        o.log_date AS start_date, c.log_date AS end_date, p.log_date AS sample_date,
        CASE WHEN s.close_id IS NOT NULL THEN 'closed'
             WHEN o.src_port IS NOT NULL AND d.log_date > o.log_date AND d.log_date > coalesce(p.log_date, '-infinity') THEN 'gone'
             ELSE 'open' END AS state,
        o.auth_method, o.auth_key, o.cert_id, o.cert_serial, o.cert_ca,
        o.rx_bytes AS rx_bytes_before, o.tx_bytes AS tx_bytes_before,
        o.rx_packets AS rx_packets_before, o.tx_packets AS tx_packets_before,
        coalesce(c.rx_bytes, p.rx_bytes, o.rx_bytes) AS rx_bytes,
        coalesce(c.tx_bytes, p.tx_bytes, o.tx_bytes) AS tx_bytes,
        coalesce(c.rx_packets, p.rx_packets, o.rx_packets) AS rx_packets,
        coalesce(c.tx_packets, p.tx_packets, o.tx_packets) AS tx_packets
        FROM session AS s
            JOIN inet_log AS o ON o.id = s.open_id AND o.log_date = s.start_date
            LEFT JOIN inet_log AS c ON c.id = s.close_id AND c.log_date = s.end_date
            LEFT JOIN LATERAL (SELECT * FROM sample WHERE open_id = s.open_id ORDER BY log_date DESC LIMIT 1) AS p ON true
            LEFT JOIN sampled AS d ON d.host = o.host AND d.dst_port = o.dst_port
        WHERE coalesce(c.rx_bytes, p.rx_bytes, o.rx_bytes) IS NOT NULL;

-- The counters of sessions whenever they were read.
CREATE VIEW session_point AS
    SELECT s.open_id, s.start_date AS session_date, o.log_date, o.rx_bytes, o.tx_bytes, o.rx_packets, o.tx_packets
        FROM session AS s JOIN inet_log AS o ON o.id = s.open_id AND o.log_date = s.start_date
        WHERE o.rx_bytes IS NOT NULL
    UNION ALL
    SELECT s.open_id, s.start_date, p.log_date, p.rx_bytes, p.tx_bytes, p.rx_packets, p.tx_packets
        FROM session AS s JOIN sample AS p ON p.open_id = s.open_id
    UNION ALL
    SELECT s.open_id, s.start_date, c.log_date, c.rx_bytes, c.tx_bytes, c.rx_packets, c.tx_packets
        FROM session AS s JOIN inet_log AS c ON c.id = s.close_id AND c.log_date = s.end_date
        WHERE c.rx_bytes IS NOT NULL;

-- What was moved, once each: of a session what came on from one reading to the next, of a connection that became no
-- session (open_id and uid are null) all of it.  So what is summed up of any time is what was moved then.
CREATE VIEW traffic AS
    SELECT p.log_date, p.open_id, o.uid, o.src_ipaddr, o.src_port, o.dst_ipaddr, o.dst_port, o.service,
        o.host, o.auth_method, o.auth_key,
        p.rx_bytes - coalesce(lag(p.rx_bytes) OVER reading, 0) AS rx_bytes,
        p.tx_bytes - coalesce(lag(p.tx_bytes) OVER reading, 0) AS tx_bytes,
        p.rx_packets - coalesce(lag(p.rx_packets) OVER reading, 0) AS rx_packets,
        p.tx_packets - coalesce(lag(p.tx_packets) OVER reading, 0) AS tx_packets
        FROM session_point AS p JOIN inet_log AS o ON o.id = p.open_id AND o.log_date = p.session_date
        WINDOW reading AS (PARTITION BY p.open_id ORDER BY p.log_date, p.rx_bytes + p.tx_bytes)
    UNION ALL
    SELECT max(log_date), NULL, NULL, src_ipaddr, src_port, dst_ipaddr, dst_port, min(service), host, NULL, NULL,
        max(rx_bytes), max(tx_bytes), max(rx_packets), max(tx_packets)
        FROM inet_log
        WHERE log_event = 'open_session' OR (log_event = 'auth' AND rx_bytes IS NOT NULL)
        GROUP BY host, sshd_pid, src_ipaddr, src_port, dst_ipaddr, dst_port,
            CASE WHEN src_port IS NULL THEN (log_date AT TIME ZONE 'UTC')::date END     -- truncated: many may look the same
        HAVING count(*) FILTER (WHERE log_event = 'open_session') = 0;

-- Sums of it.  log_count: sessions, and connections that became none.
CREATE VIEW user_traffic AS
    SELECT uid, count(DISTINCT open_id) AS log_count, sum(rx_bytes) AS rx_bytes, sum(tx_bytes) AS tx_bytes,
        sum(rx_packets) AS rx_packets, sum(tx_packets) AS tx_packets, min(log_date) AS start_date, max(log_date) AS end_date
        FROM traffic WHERE open_id IS NOT NULL GROUP BY uid;
CREATE VIEW user_day_traffic AS
    SELECT (log_date AT TIME ZONE 'UTC')::date AS day, uid, count(DISTINCT open_id) AS log_count, sum(rx_bytes) AS rx_bytes,
        sum(tx_bytes) AS tx_bytes, sum(rx_packets) AS rx_packets, sum(tx_packets) AS tx_packets
        FROM traffic WHERE open_id IS NOT NULL GROUP BY 1, uid;
CREATE VIEW address_traffic AS
    SELECT src_ipaddr AS ipaddr, count(DISTINCT open_id) + count(*) FILTER (WHERE open_id IS NULL) AS log_count,
        sum(rx_bytes) AS rx_bytes, sum(tx_bytes) AS tx_bytes, sum(rx_packets) AS rx_packets, sum(tx_packets) AS tx_packets,
        min(log_date) AS start_date, max(log_date) AS end_date
        FROM traffic WHERE src_ipaddr IS NOT NULL GROUP BY src_ipaddr;
CREATE VIEW net_24_traffic AS
    SELECT net_of(src_ipaddr, 24, 64) AS ipnet,
        count(DISTINCT open_id) + count(*) FILTER (WHERE open_id IS NULL) AS log_count,
        sum(rx_bytes) AS rx_bytes, sum(tx_bytes) AS tx_bytes, sum(rx_packets) AS rx_packets, sum(tx_packets) AS tx_packets,
        min(log_date) AS start_date, max(log_date) AS end_date
        FROM traffic WHERE src_ipaddr IS NOT NULL GROUP BY 1;
CREATE VIEW host_traffic AS
    SELECT host, count(DISTINCT open_id) + count(*) FILTER (WHERE open_id IS NULL) AS log_count,
        sum(rx_bytes) AS rx_bytes, sum(tx_bytes) AS tx_bytes, sum(rx_packets) AS rx_packets, sum(tx_packets) AS tx_packets,
        min(log_date) AS start_date, max(log_date) AS end_date
        FROM traffic GROUP BY host;

-- --- which key logged in ----------------------------------------------------------------------------------------------

-- A row for each key that opened a session: most have one.
CREATE VIEW session_key AS
    SELECT id, unnest(string_to_array(auth_key, ',')) AS auth_key, uid, src_ipaddr, log_date
        FROM inet_log
        WHERE auth_key IS NOT NULL AND log_event = 'open_session';

-- Who used it from where.
CREATE VIEW key_user AS
    SELECT auth_key, uid, src_ipaddr, count(*) AS log_count, min(log_date) AS start_date, max(log_date) AS end_date
        FROM session_key GROUP BY auth_key, uid, src_ipaddr;
CREATE VIEW keys AS
    SELECT auth_key, count(*) AS log_count, count(DISTINCT uid) AS users, count(DISTINCT src_ipaddr) AS addresses,
        min(log_date) AS start_date, max(log_date) AS end_date
        FROM session_key GROUP BY auth_key;

-- --- who may what -------------------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION log_events, log_samples, import_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_events, log_samples TO iptracking_writer;
GRANT SELECT ON sample, sampled, session_traffic, session_point, traffic, user_traffic, user_day_traffic, address_traffic,
    net_24_traffic, host_traffic, session_key, key_user, keys TO iptracking_reader;

COMMIT;
