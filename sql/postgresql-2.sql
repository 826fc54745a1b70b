-- SPDX-License-Identifier: GPL-2.0-or-later
-- From version 1 to 2: who got in from where, counts by time, partitions and retention.  No row is touched, so that
-- the upgrade of a large database takes no time.

BEGIN;
SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident(pg_catalog.current_schema()) || ', pg_temp', true);
SET LOCAL ROLE iptracking_owner;

UPDATE schema_info SET version = 2;

-- --- who got in from where ----------------------------------------------------------------------------------------

-- Successes by user and address.
CREATE VIEW user_addresses AS
    SELECT uid, src_ipaddr, count(*) AS log_count, min(log_date) AS start_date, max(log_date) AS end_date
        FROM inet_log
        WHERE outcome = 'success' AND uid IS NOT NULL AND src_ipaddr IS NOT NULL
        GROUP BY uid, src_ipaddr;

-- The first success of each user from each address.
CREATE VIEW new_user_addresses AS
    SELECT id, uid, src_ipaddr, dst_ipaddr, host, log_date
        FROM inet_log AS s
        WHERE outcome = 'success' AND uid IS NOT NULL AND src_ipaddr IS NOT NULL AND NOT EXISTS (
            SELECT FROM inet_log AS earlier
                WHERE earlier.outcome = 'success'
                    AND left(earlier.uid, 64) = left(s.uid, 64) AND earlier.uid = s.uid
                    AND earlier.src_ipaddr = s.src_ipaddr
                    AND (earlier.log_date, earlier.id) < (s.log_date, s.id));

-- Successes, and how many attempts from the same address failed in the hour before.  (Of an address with a thousand
-- logins an hour, ask for hours, not for days: each success looks at all that was in the hour before it.)
CREATE VIEW success_after_failures AS
    SELECT s.id, s.uid, s.src_ipaddr, s.src_port, s.dst_ipaddr, s.dst_port, s.service, s.host, s.sshd_pid, s.log_date,
            f.failures
        FROM inet_log AS s CROSS JOIN LATERAL (
            SELECT count(*) AS failures
                FROM failures
                WHERE failures.src_ipaddr = s.src_ipaddr
                    AND failures.log_date BETWEEN s.log_date - interval '1 hour' AND s.log_date) AS f
        WHERE s.outcome = 'success' AND s.log_event = 'auth' AND f.failures > 0;

-- --- counts by time -----------------------------------------------------------------------------------------------

-- The begin of the interval that a date is in.  Days are those of UTC, weeks begin on Monday.
CREATE FUNCTION start_of(log_date timestamptz, seconds double precision) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_timestamp(floor((extract(epoch FROM log_date)::double precision - 345600) / seconds) * seconds + 345600)
$$;

CREATE VIEW counts_5min AS
    SELECT start_of(log_date, 300) AS start_date, dst_ipaddr, src_ipaddr AS ipaddr, count(*) AS log_count
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1, 2, 3;
CREATE VIEW counts_15min AS
    SELECT start_of(log_date, 900) AS start_date, dst_ipaddr, src_ipaddr AS ipaddr, count(*) AS log_count
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1, 2, 3;
CREATE VIEW counts_hour AS
    SELECT start_of(log_date, 3600) AS start_date, dst_ipaddr, src_ipaddr AS ipaddr, count(*) AS log_count
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1, 2, 3;
CREATE VIEW counts_day AS
    SELECT start_of(log_date, 86400) AS start_date, dst_ipaddr, src_ipaddr AS ipaddr, count(*) AS log_count
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1, 2, 3;
CREATE VIEW net_counts_5min AS
    SELECT start_of(log_date, 300) AS start_date, dst_ipaddr, net_of(src_ipaddr, 24, 64) AS ipnet,
        count(*) AS log_count
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1, 2, 3;
CREATE VIEW net_counts_15min AS
    SELECT start_of(log_date, 900) AS start_date, dst_ipaddr, net_of(src_ipaddr, 24, 64) AS ipnet,
        count(*) AS log_count
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1, 2, 3;
CREATE VIEW net_counts_hour AS
    SELECT start_of(log_date, 3600) AS start_date, dst_ipaddr, net_of(src_ipaddr, 24, 64) AS ipnet,
        count(*) AS log_count
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1, 2, 3;
CREATE VIEW net_counts_day AS
    SELECT start_of(log_date, 86400) AS start_date, dst_ipaddr, net_of(src_ipaddr, 24, 64) AS ipnet,
        count(*) AS log_count
        FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY 1, 2, 3;

CREATE FUNCTION checked_seconds(step interval) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE SET search_path FROM CURRENT AS $$
BEGIN
    IF step IS NULL OR step <= interval '0' OR extract(month FROM step) <> 0 OR extract(year FROM step) <> 0 THEN
        RAISE 'the step is %, but has to be some days, hours, minutes or seconds', coalesce(step::text, 'null')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN extract(epoch FROM step);
END
$$;

-- The same for any interval, of the events since a date and before another.  (The views read all events, whatever is
-- asked of start_date; these do not.)
CREATE FUNCTION counts(step interval, since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity')
    RETURNS TABLE (start_date timestamptz, dst_ipaddr inet, ipaddr inet, log_count bigint)
    LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    seconds double precision := checked_seconds(step);
BEGIN
    RETURN QUERY
        SELECT start_of(l.log_date, seconds), l.dst_ipaddr, l.src_ipaddr, count(*)
            FROM inet_log AS l
            WHERE l.src_ipaddr IS NOT NULL AND l.log_date >= since AND l.log_date < until
            GROUP BY 1, 2, 3;
END
$$;

CREATE FUNCTION net_counts(step interval, prefix integer DEFAULT 24, since timestamptz DEFAULT '-infinity',
                           until timestamptz DEFAULT 'infinity')
    RETURNS TABLE (start_date timestamptz, dst_ipaddr inet, ipnet cidr, log_count bigint)
    LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    seconds double precision := checked_seconds(step);
    six integer := checked_prefix6(prefix, NULL);
BEGIN
    RETURN QUERY
        SELECT start_of(l.log_date, seconds), l.dst_ipaddr, net_of(l.src_ipaddr, prefix, six), count(*)
            FROM inet_log AS l
            WHERE l.src_ipaddr IS NOT NULL AND l.log_date >= since AND l.log_date < until
            GROUP BY 1, 2, 3;
END
$$;

-- --- partitions and retention -------------------------------------------------------------------------------------
-- Inserts and readers wait only while partitions are made and dropped, not while rows are counted and deleted.  Behind
-- who waits for a long question everybody would wait: after 5 seconds it is given up, to be tried again later.

-- The partitions with bounds, that is, all but the default one.
CREATE VIEW partitions AS
    SELECT i.inhrelid::regclass AS name, b.bounds[1]::timestamptz AS start_date, b.bounds[2]::timestamptz AS end_date
        FROM pg_inherits AS i
        JOIN pg_class AS c ON c.oid = i.inhrelid
        CROSS JOIN LATERAL (
            SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''(.*)''\) TO \(''(.*)''\)') AS bounds) AS b
        WHERE i.inhparent = 'inet_log'::regclass AND b.bounds IS NOT NULL;

-- Makes the partitions that are missing, from the current period to those ahead that settings ask for; gives how
-- many.  Rows of their periods that are in the default partition move.
CREATE FUNCTION make_partitions() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
DECLARE
    wish settings := (SELECT settings FROM settings);
    step interval := '1 ' || wish.partition_by;
    period timestamptz := date_trunc(wish.partition_by, now());
    made integer := 0;
BEGIN
    IF step IS NULL THEN
        RETURN 0;
    END IF;
    LOCK TABLE ONLY inet_log IN SHARE UPDATE EXCLUSIVE MODE;    -- one at a time; inserts go on
    FOR number IN 0 .. wish.partitions_ahead LOOP
        made := made + make_partition(period, period + step);
        period := period + step;
    END LOOP;
    RETURN made;
END
$$;

-- One partition, of what no other one has of the period: after a change of the step it may be the end of it, or none.
CREATE FUNCTION make_partition(since timestamptz, until timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC' SET datestyle = 'ISO'
    SET lock_timeout = '5s' AS $$
DECLARE
    name text;
BEGIN
    since := greatest(since, (SELECT max(end_date) FROM partitions WHERE start_date < until));
    IF since >= until THEN
        RETURN 0;
    END IF;
    name := 'inet_log_p' || to_char(since, 'YYYYMMDD');
    EXECUTE format('CREATE TABLE %I (LIKE inet_log INCLUDING DEFAULTS)', name);
    LOCK TABLE inet_log_default IN ACCESS EXCLUSIVE MODE;       -- so that no row comes in between
    EXECUTE format('WITH moved AS (DELETE FROM inet_log_default WHERE log_date >= $1 AND log_date < $2 RETURNING *)
                    INSERT INTO %I SELECT * FROM moved', name) USING since, until;
    EXECUTE format('ALTER TABLE inet_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, since, until);
    RETURN 1;
END
$$;

-- From now on a partition for each day, week, month or year, and this many ahead; gives how many were made.  Rows of
-- earlier periods stay where they are.  make_partitions() or purge() has to be called before those ahead are used up;
-- after that events go to the default partition again.  (With dozens of partitions PostgreSQL may compile a question
-- for longer than the answer takes; ALTER DATABASE iptracking SET jit = off)
CREATE FUNCTION partition_inet_log(step text, ahead integer DEFAULT 3) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF step IS NULL OR step NOT IN ('day', 'week', 'month', 'year') THEN
        RAISE 'the step is %, but has to be day, week, month or year', coalesce(step, 'null')
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF ahead IS NULL OR ahead NOT BETWEEN 0 AND 1000 THEN
        RAISE 'the number of partitions ahead is %, but has to be 0 to 1000', coalesce(ahead::text, 'null')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    UPDATE settings SET partition_by = step, partitions_ahead = ahead;
    RETURN make_partitions();
END
$$;

-- Removes what is older than a date: drops the partitions that are, deletes rows from the others, makes partitions
-- ahead, and gives how many rows went.  With `at_most` about so many are deleted from a partition, so that a
-- transaction does not last for hours: call it until it gives 0.  An open session that began before the date goes
-- too: what is to be forgotten is forgotten, and its close, when it comes, closes no other one.
CREATE FUNCTION purge(before timestamptz, at_most bigint DEFAULT NULL) RETURNS bigint
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
    -- Whoever inserts waits from here; before a partition is made, since then it could wait for us and we for it.
    FOREACH partition IN ARRAY old LOOP
        EXECUTE format('DROP TABLE %s', partition);
    END LOOP;
    PERFORM make_partitions();
    RETURN gone;
END
$$;

-- --- who may what -------------------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION start_of, checked_seconds, counts, net_counts,
    make_partitions, make_partition, partition_inet_log, purge FROM PUBLIC;
GRANT SELECT ON user_addresses, new_user_addresses, success_after_failures,
    counts_5min, counts_15min, counts_hour, counts_day,
    net_counts_5min, net_counts_15min, net_counts_hour, net_counts_day, partitions TO iptracking_reader;
GRANT EXECUTE ON FUNCTION start_of, checked_seconds, counts, net_counts TO iptracking_reader;

COMMIT;
