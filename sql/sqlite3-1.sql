-- SPDX-License-Identifier: GPL-2.0-or-later
-- The sqlite3 schema, version 1.  iptracking-daemon applies it to an empty database, and then the files that follow.

PRAGMA application_id = 0x69707472;   -- "iptr"
PRAGMA user_version = 1;

-- One row an event.  Texts from outside stand as valid UTF-8 without control characters; what was not so, and every
-- backslash, is written \xHH.
CREATE TABLE inet_log (
    id         INTEGER PRIMARY KEY,     -- rises in the order of arrival; never used twice
    dst_ipaddr TEXT,                    -- this host
    src_ipaddr TEXT,                    -- the remote client; null: a local service
    src_port   INTEGER,
    log_event  INTEGER NOT NULL,        -- 0 unknown, 1 auth, 2 open_session, 3 close_session
    uid        TEXT,                    -- the user name as typed; <<EMPTY>>: nothing was typed (flags has 1)
    log_date   TEXT NOT NULL,           -- UTC, ISO 8601, microseconds: 2026-11-21T13:05:07.123456Z
    dst_port   INTEGER,
    outcome    TEXT,                    -- attempt, success, failure; null for sessions
    sshd_pid   INTEGER,                 -- the process that holds the session: the phases of a connection share it
    service    TEXT,                    -- of PAM: sshd, su, sudo
    tty        TEXT,
    ruser      TEXT,
    rhost      TEXT,                    -- a name, where no address is known
    host       TEXT,                    -- the host that recorded the event
    flags      INTEGER NOT NULL DEFAULT 0,   -- 1 the user name was empty, 2 it was cut, 4 another text was cut
    src_net6   TEXT                     -- the first 64 bits of an IPv6 src_ipaddr, written out: 2001:0db8:0000:0000
);
-- The only index: one on addresses or names would cost most of the rate once there are a million rows.
CREATE INDEX inet_log_log_date ON inet_log (log_date);

-- How far each stream of events was stored; written in the transaction of the rows.
CREATE TABLE stream (
    id      TEXT PRIMARY KEY,
    segment INTEGER NOT NULL,
    offset  INTEGER NOT NULL
) WITHOUT ROWID;

-- A row a session: the events that opened and closed it.  Written in the transaction of the rows.
CREATE TABLE session (
    open_id  INTEGER PRIMARY KEY,
    close_id INTEGER,                   -- null: it is open
    sshd_pid INTEGER
);
CREATE INDEX session_open ON session (sshd_pid) WHERE close_id IS NULL;

-- Events by address and day (UTC).  It trails behind inet_log; the views add the rows after `summary.upto`, so
-- they are always exact.
CREATE TABLE address_day (
    day        TEXT NOT NULL,
    dst_ipaddr TEXT NOT NULL,           -- empty: not known
    src_ipaddr TEXT NOT NULL,
    src_net6   TEXT,
    log_count  INTEGER NOT NULL,
    start_date TEXT NOT NULL,
    end_date   TEXT NOT NULL,
    PRIMARY KEY (day, dst_ipaddr, src_ipaddr)
) WITHOUT ROWID;

CREATE TABLE summary (
    name TEXT PRIMARY KEY,
    upto INTEGER NOT NULL               -- the last inet_log.id that is in it
) WITHOUT ROWID;
INSERT INTO summary VALUES ('address_day', 0);

CREATE VIEW address_count AS
    SELECT nullif(dst_ipaddr, '') AS dst_ipaddr, src_ipaddr, src_net6, log_count, start_date, end_date
        FROM address_day
    UNION ALL
    SELECT dst_ipaddr, src_ipaddr, src_net6, 1, log_date, log_date
        FROM inet_log
        WHERE id > (SELECT upto FROM summary WHERE name = 'address_day') AND src_ipaddr IS NOT NULL;

-- The nets of an address: IPv4 by 24, 16 and 8 bits, IPv6 by 64, 48 and 32.
CREATE VIEW net_count AS
    SELECT *,
        CASE WHEN src_net6 IS NOT NULL THEN src_net6 || '::/64'
             ELSE rtrim(src_ipaddr, '0123456789') || '0/24' END AS net_24,
        CASE WHEN src_net6 IS NOT NULL THEN substr(src_net6, 1, 14) || '::/48'
             ELSE rtrim(rtrim(rtrim(src_ipaddr, '0123456789'), '.'), '0123456789') || '0.0/16' END AS net_16,
        CASE WHEN src_net6 IS NOT NULL THEN substr(src_net6, 1, 9) || '::/32'
             ELSE substr(src_ipaddr, 1, instr(src_ipaddr, '.')) || '0.0.0/8' END AS net_8
        FROM address_count;

CREATE VIEW ips AS
    SELECT dst_ipaddr, src_ipaddr AS ipaddr, sum(log_count) AS log_count,
        min(start_date) AS start_date, max(end_date) AS end_date
        FROM address_count GROUP BY dst_ipaddr, src_ipaddr;
CREATE VIEW nets_24 AS
    SELECT dst_ipaddr, net_24 AS ipnet, sum(log_count) AS log_count,
        min(start_date) AS start_date, max(end_date) AS end_date
        FROM net_count GROUP BY dst_ipaddr, net_24;
CREATE VIEW nets_16 AS
    SELECT dst_ipaddr, net_16 AS ipnet, sum(log_count) AS log_count,
        min(start_date) AS start_date, max(end_date) AS end_date
        FROM net_count GROUP BY dst_ipaddr, net_16;
CREATE VIEW nets_8 AS
    SELECT dst_ipaddr, net_8 AS ipnet, sum(log_count) AS log_count,
        min(start_date) AS start_date, max(end_date) AS end_date
        FROM net_count GROUP BY dst_ipaddr, net_8;
CREATE VIEW agg_ips AS
    SELECT src_ipaddr AS ipaddr, sum(log_count) AS log_count,
        min(start_date) AS start_date, max(end_date) AS end_date
        FROM address_count GROUP BY src_ipaddr;
CREATE VIEW agg_nets_24 AS
    SELECT net_24 AS ipnet, sum(log_count) AS log_count, min(start_date) AS start_date, max(end_date) AS end_date
        FROM net_count GROUP BY net_24;
CREATE VIEW agg_nets_16 AS
    SELECT net_16 AS ipnet, sum(log_count) AS log_count, min(start_date) AS start_date, max(end_date) AS end_date
        FROM net_count GROUP BY net_16;
CREATE VIEW agg_nets_8 AS
    SELECT net_8 AS ipnet, sum(log_count) AS log_count, min(start_date) AS start_date, max(end_date) AS end_date
        FROM net_count GROUP BY net_8;

CREATE VIEW open_sessions AS
    SELECT o.id, o.uid, o.src_ipaddr, o.src_port, o.dst_ipaddr, o.dst_port, o.service, o.tty, o.host, o.sshd_pid,
        o.log_date AS start_date
        FROM session JOIN inet_log AS o ON o.id = session.open_id
        WHERE session.close_id IS NULL;

CREATE VIEW completed_sessions AS
    SELECT o.id, o.uid, o.src_ipaddr, o.src_port, o.dst_ipaddr, o.dst_port, o.service, o.tty, o.host, o.sshd_pid,
        o.log_date AS start_date, c.log_date AS end_date,
        round((julianday(c.log_date) - julianday(o.log_date)) * 86400, 3) AS seconds
        FROM session JOIN inet_log AS o ON o.id = session.open_id JOIN inet_log AS c ON c.id = session.close_id;

-- The last session of each user; end_date is null while it is open.
CREATE VIEW last_session AS
    SELECT o.uid, o.src_ipaddr, o.dst_ipaddr, o.service, o.tty, o.host, o.log_date AS start_date, c.log_date AS end_date
        FROM (SELECT max(open_id) AS open_id
                  FROM session JOIN inet_log ON inet_log.id = session.open_id GROUP BY inet_log.uid) AS last
        JOIN inet_log AS o ON o.id = last.open_id
        JOIN session ON session.open_id = last.open_id
        LEFT JOIN inet_log AS c ON c.id = session.close_id;

-- Attempts that failed.  Of the attempts on one connection before its success all but the last are failures,
-- without a success all are.  A connection is source, port, destination and port; without them host, process and
-- service.  (An attempt whose password is being typed counts until it succeeds.)
CREATE VIEW failures AS
    SELECT id, uid, src_ipaddr, src_port, dst_ipaddr, dst_port, service, tty, ruser, rhost, host, sshd_pid, log_date, flags
        FROM (SELECT *, lead(outcome) OVER connection AS next_outcome, lead(sshd_pid) OVER connection AS next_pid
                  FROM inet_log
                  WHERE log_event = 1
                  WINDOW connection AS (
                      PARTITION BY host, src_ipaddr, src_port, dst_ipaddr, dst_port,
                          CASE WHEN src_port IS NULL THEN sshd_pid END, CASE WHEN src_port IS NULL THEN service END
                      ORDER BY id))
        WHERE outcome = 'failure'
           OR (outcome = 'attempt'
               AND NOT (next_outcome IS 'success' AND (sshd_pid IS NULL OR next_pid IS NULL OR sshd_pid = next_pid)));
