-- SPDX-License-Identifier: GPL-2.0-or-later
-- From version 3 to 4: which attempts succeeded, counts by address, user and quarter of an hour with what became of the
-- attempts, and where rows come from.  The program that applies this fills attempt_success from the rows that are
-- there; the summaries begin empty and trail behind.

PRAGMA user_version = 4;

-- Null: recorded live.  Else it was imported: 'refused' (the callback could not deliver it; from the journal),
-- 'journal', 'btmp', 'wtmp', 'wtmpdb', 'text' (a log file, which anybody may have written).
ALTER TABLE inet_log ADD COLUMN origin TEXT;

-- The attempts that succeeded: a success follows next on the same connection.  Written in the transaction of the
-- success.  (An index by success: these rows come in its order, so it costs little.)
CREATE TABLE attempt_success (
    attempt_id INTEGER PRIMARY KEY,
    success_id INTEGER NOT NULL
);
CREATE INDEX attempt_success_success ON attempt_success (success_id);

-- Attempts that failed.  Of the attempts on one connection before its success all but the last are failures,
-- without a success all are.  A connection is host, source, port, destination and port; without the source's port
-- process and service too.  (An attempt whose password is being typed counts until it succeeds.)
DROP VIEW failures;
CREATE VIEW failures AS
    SELECT id, uid, src_ipaddr, src_port, dst_ipaddr, dst_port, service, tty, ruser, rhost, host, sshd_pid, log_date,
        flags, origin
        FROM inet_log
        WHERE log_event = 1 AND (outcome = 'failure'
            OR (outcome = 'attempt' AND NOT EXISTS (SELECT 1 FROM attempt_success WHERE attempt_id = inet_log.id)));

-- In all of these `failures` are attempts that failed; an attempt that succeeds is taken off again where it was
-- counted.  `successes` are those of log_event 1.
DROP VIEW address_count;
DROP TABLE address_day;
CREATE TABLE address_day (
    day        TEXT NOT NULL,
    dst_ipaddr TEXT NOT NULL,           -- empty: not known
    src_ipaddr TEXT NOT NULL,
    src_net6   TEXT,
    log_count  INTEGER NOT NULL,
    failures   INTEGER NOT NULL,
    successes  INTEGER NOT NULL,
    opened     INTEGER NOT NULL,
    start_date TEXT NOT NULL,
    end_date   TEXT NOT NULL,
    PRIMARY KEY (day, dst_ipaddr, src_ipaddr)
) WITHOUT ROWID;
UPDATE summary SET upto = 0 WHERE name = 'address_day';

CREATE TABLE user_day (
    day        TEXT NOT NULL,
    uid        TEXT NOT NULL,
    log_count  INTEGER NOT NULL,
    failures   INTEGER NOT NULL,
    successes  INTEGER NOT NULL,
    opened     INTEGER NOT NULL,
    start_date TEXT NOT NULL,
    end_date   TEXT NOT NULL,
    PRIMARY KEY (day, uid)
) WITHOUT ROWID;
INSERT INTO summary VALUES ('user_day', 0);

CREATE TABLE quarter (
    start_date TEXT PRIMARY KEY,        -- of a quarter of an hour: 2026-11-21T13:15:00Z
    log_count  INTEGER NOT NULL,
    failures   INTEGER NOT NULL,
    successes  INTEGER NOT NULL,
    opened     INTEGER NOT NULL,
    closed     INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO summary VALUES ('quarter', 0);

-- The views: the summary, the rows after it, and what those take off.  A key may have several rows.
CREATE VIEW address_count AS
    SELECT nullif(dst_ipaddr, '') AS dst_ipaddr, src_ipaddr, src_net6, log_count, failures, successes, opened,
        start_date, end_date, day
        FROM address_day
    UNION ALL
    SELECT dst_ipaddr, src_ipaddr, src_net6, 1,
        log_event = 1 AND outcome IN ('attempt', 'failure') IS 1, log_event = 1 AND outcome IS 'success', log_event = 2,
        log_date, log_date, substr(log_date, 1, 10)
        FROM inet_log
        WHERE id > (SELECT upto FROM summary WHERE name = 'address_day') AND src_ipaddr IS NOT NULL
    UNION ALL
    SELECT dst_ipaddr, src_ipaddr, src_net6, 0, -1, 0, 0, log_date, log_date, substr(log_date, 1, 10)
        FROM attempt_success JOIN inet_log ON id = attempt_id
        WHERE success_id > (SELECT upto FROM summary WHERE name = 'address_day') AND src_ipaddr IS NOT NULL;

CREATE VIEW user_count AS
    SELECT day, uid, log_count, failures, successes, opened, start_date, end_date
        FROM user_day
    UNION ALL
    SELECT substr(log_date, 1, 10), uid, 1,
        log_event = 1 AND outcome IN ('attempt', 'failure') IS 1, log_event = 1 AND outcome IS 'success', log_event = 2,
        log_date, log_date
        FROM inet_log
        WHERE id > (SELECT upto FROM summary WHERE name = 'user_day') AND uid IS NOT NULL
    UNION ALL
    SELECT substr(log_date, 1, 10), uid, 0, -1, 0, 0, log_date, log_date
        FROM attempt_success JOIN inet_log ON id = attempt_id
        WHERE success_id > (SELECT upto FROM summary WHERE name = 'user_day') AND uid IS NOT NULL;

CREATE VIEW quarter_count AS
    SELECT start_date, log_count, failures, successes, opened, closed
        FROM quarter
    UNION ALL
    SELECT substr(log_date, 1, 14) || substr('00153045', substr(log_date, 15, 2) / 15 * 2 + 1, 2) || ':00Z', 1,
        log_event = 1 AND outcome IN ('attempt', 'failure') IS 1, log_event = 1 AND outcome IS 'success', log_event = 2,
        log_event = 3
        FROM inet_log
        WHERE id > (SELECT upto FROM summary WHERE name = 'quarter')
    UNION ALL
    SELECT substr(log_date, 1, 14) || substr('00153045', substr(log_date, 15, 2) / 15 * 2 + 1, 2) || ':00Z', 0,
        -1, 0, 0, 0
        FROM attempt_success JOIN inet_log ON id = attempt_id
        WHERE success_id > (SELECT upto FROM summary WHERE name = 'quarter');

-- The last session of each user; end_date is null while it is open.  By date: what is imported comes later.
DROP VIEW last_session;
CREATE VIEW last_session AS
    SELECT uid, src_ipaddr, dst_ipaddr, service, tty, host, start_date, end_date
        FROM (SELECT o.uid, o.src_ipaddr, o.dst_ipaddr, o.service, o.tty, o.host, o.log_date AS start_date,
                  c.log_date AS end_date,
                  row_number() OVER (PARTITION BY o.uid ORDER BY o.log_date DESC, o.id DESC) AS number
                  FROM session JOIN inet_log AS o ON o.id = session.open_id
                      LEFT JOIN inet_log AS c ON c.id = session.close_id)
        WHERE number = 1;

-- A src_ipaddr may be a net, 192.0.2.0/24 or 2001:db8::/48, where more of it was to be forgotten; flags has 8 then.
DROP VIEW net_count;
CREATE VIEW net_count AS
    SELECT *,
        CASE WHEN src_net6 IS NULL THEN rtrim(replace(src_ipaddr, '/24', ''), '0123456789') || '0/24'
             WHEN src_ipaddr LIKE '%/48' THEN substr(src_net6, 1, 14) || '::/48'
             ELSE src_net6 || '::/64' END AS net_24,
        CASE WHEN src_net6 IS NOT NULL THEN substr(src_net6, 1, 14) || '::/48'
             ELSE rtrim(rtrim(rtrim(replace(src_ipaddr, '/24', ''), '0123456789'), '.'), '0123456789') || '0.0/16'
             END AS net_16,
        CASE WHEN src_net6 IS NOT NULL THEN substr(src_net6, 1, 9) || '::/32'
             ELSE substr(src_ipaddr, 1, instr(src_ipaddr, '.')) || '0.0.0/8' END AS net_8
        FROM address_count;
