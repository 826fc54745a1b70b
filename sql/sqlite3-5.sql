-- SPDX-License-Identifier: GPL-2.0-or-later
-- From version 4 to 5: how a session was opened, by which key, and how much it moved.

PRAGMA user_version = 5;

-- What the kernel has counted of the TCP connection since it began, when the event was recorded: rx came from the
-- client, tx went to it.  Bytes are payload, without retransmissions.  Null: not known.
ALTER TABLE inet_log ADD COLUMN rx_bytes INTEGER;
ALTER TABLE inet_log ADD COLUMN tx_bytes INTEGER;
ALTER TABLE inet_log ADD COLUMN rx_packets INTEGER;
ALTER TABLE inet_log ADD COLUMN tx_packets INTEGER;
-- How sshd let the session in; at what opens and closes it.  Several steps are joined by commas.
ALTER TABLE inet_log ADD COLUMN auth_method TEXT;    -- publickey; publickey,password
ALTER TABLE inet_log ADD COLUMN auth_key TEXT;       -- fingerprint, as ssh-keygen -l prints it: SHA256:…
ALTER TABLE inet_log ADD COLUMN cert_id TEXT;        -- of a certificate: its key id,
ALTER TABLE inet_log ADD COLUMN cert_serial TEXT;    -- its serial, up to 2^64-1,
ALTER TABLE inet_log ADD COLUMN cert_ca TEXT;        -- the fingerprint of the key that signed it

-- Only of what opens sessions, so they cost nothing in an attack.
CREATE INDEX inet_log_auth_key ON inet_log (auth_key, uid, src_ipaddr, log_date)
    WHERE auth_key IS NOT NULL AND log_event = 2;
CREATE INDEX inet_log_opened ON inet_log (src_port) WHERE log_event = 2;

-- The same counters of sessions while they were open, where iptracking-sampler.timer is on.
CREATE TABLE sample (
    open_id    INTEGER NOT NULL,        -- what opened the session
    log_date   TEXT NOT NULL,
    rx_bytes   INTEGER,
    tx_bytes   INTEGER,
    rx_packets INTEGER,
    tx_packets INTEGER,
    PRIMARY KEY (open_id, log_date)
) WITHOUT ROWID;

-- When all connections of a port were sampled last: a session that began before, and was not found then, is gone.
CREATE TABLE sampled (
    host     TEXT NOT NULL,
    dst_port INTEGER NOT NULL,
    log_date TEXT NOT NULL,
    PRIMARY KEY (host, dst_port)
) WITHOUT ROWID;

-- --- how much was moved -----------------------------------------------------------------------------------------------

-- A row a session whose counters are known.  `before`: until it was opened, so also until the login; the others are
-- of the whole connection; what lies between was moved during the session.  state: closed, open, gone (nobody saw its
-- end; its counters are those of the last sample).  Without src_port - it was truncated - no sample finds it.
CREATE VIEW session_traffic AS
    SELECT o.id, o.uid, o.src_ipaddr, o.src_port, o.dst_ipaddr, o.dst_port, o.service, o.tty, o.host, o.sshd_pid,
        o.log_date AS start_date, c.log_date AS end_date, p.log_date AS sample_date,
        CASE WHEN session.close_id IS NOT NULL THEN 'closed'
             WHEN o.src_port IS NOT NULL AND d.log_date > o.log_date AND d.log_date > ifnull(p.log_date, '') THEN 'gone'
             ELSE 'open' END AS state,
        o.auth_method, o.auth_key, o.cert_id, o.cert_serial, o.cert_ca,
        o.rx_bytes AS rx_bytes_before, o.tx_bytes AS tx_bytes_before,
        o.rx_packets AS rx_packets_before, o.tx_packets AS tx_packets_before,
        coalesce(c.rx_bytes, p.rx_bytes, o.rx_bytes) AS rx_bytes,
        coalesce(c.tx_bytes, p.tx_bytes, o.tx_bytes) AS tx_bytes,
        coalesce(c.rx_packets, p.rx_packets, o.rx_packets) AS rx_packets,
        coalesce(c.tx_packets, p.tx_packets, o.tx_packets) AS tx_packets
        FROM session
            JOIN inet_log AS o ON o.id = session.open_id
            LEFT JOIN inet_log AS c ON c.id = session.close_id
            LEFT JOIN sample AS p ON p.open_id = session.open_id
                AND p.log_date = (SELECT max(log_date) FROM sample WHERE open_id = session.open_id)
            LEFT JOIN sampled AS d ON d.host = o.host AND d.dst_port = o.dst_port
        WHERE coalesce(c.rx_bytes, p.rx_bytes, o.rx_bytes) IS NOT NULL;

-- The counters of sessions whenever they were read.
CREATE VIEW session_point AS
    SELECT open_id, log_date, rx_bytes, tx_bytes, rx_packets, tx_packets
        FROM session JOIN inet_log ON id = open_id WHERE rx_bytes IS NOT NULL
    UNION ALL
    SELECT open_id, log_date, rx_bytes, tx_bytes, rx_packets, tx_packets
        FROM sample
    UNION ALL
    SELECT open_id, log_date, rx_bytes, tx_bytes, rx_packets, tx_packets
        FROM session JOIN inet_log ON id = close_id WHERE rx_bytes IS NOT NULL;

-- What was moved, once each: of a session what came on from one reading to the next, of a connection that became no
-- session (open_id and uid are null) all of it.  So what is summed up of any time is what was moved then.
CREATE VIEW traffic AS
    SELECT p.log_date, p.open_id, o.uid, o.src_ipaddr, o.src_net6, o.src_port, o.dst_ipaddr, o.dst_port, o.service,
        o.host, o.auth_method, o.auth_key,
        p.rx_bytes - ifnull(lag(p.rx_bytes) OVER reading, 0) AS rx_bytes,
        p.tx_bytes - ifnull(lag(p.tx_bytes) OVER reading, 0) AS tx_bytes,
        p.rx_packets - ifnull(lag(p.rx_packets) OVER reading, 0) AS rx_packets,
        p.tx_packets - ifnull(lag(p.tx_packets) OVER reading, 0) AS tx_packets
        FROM session_point AS p JOIN inet_log AS o ON o.id = p.open_id
        WINDOW reading AS (PARTITION BY p.open_id ORDER BY p.log_date, p.rx_bytes + p.tx_bytes)
    UNION ALL
    SELECT max(log_date), NULL, NULL, src_ipaddr, src_net6, src_port, dst_ipaddr, dst_port, min(service), host, NULL, NULL,
        max(rx_bytes), max(tx_bytes), max(rx_packets), max(tx_packets)
        FROM inet_log
        WHERE log_event = 2 OR (log_event = 1 AND rx_bytes IS NOT NULL)
        GROUP BY host, sshd_pid, src_ipaddr, src_port, dst_ipaddr, dst_port,
            CASE WHEN src_port IS NULL THEN substr(log_date, 1, 10) END     -- truncated: many may look the same
        HAVING max(log_event) = 1;

-- Sums of it.  log_count: sessions, and connections that became none.
CREATE VIEW user_traffic AS
    SELECT uid, count(DISTINCT open_id) AS log_count, sum(rx_bytes) AS rx_bytes, sum(tx_bytes) AS tx_bytes,
        sum(rx_packets) AS rx_packets, sum(tx_packets) AS tx_packets, min(log_date) AS start_date, max(log_date) AS end_date
        FROM traffic WHERE open_id IS NOT NULL GROUP BY uid;
CREATE VIEW user_day_traffic AS
    SELECT substr(log_date, 1, 10) AS day, uid, count(DISTINCT open_id) AS log_count, sum(rx_bytes) AS rx_bytes,
        sum(tx_bytes) AS tx_bytes, sum(rx_packets) AS rx_packets, sum(tx_packets) AS tx_packets
        FROM traffic WHERE open_id IS NOT NULL GROUP BY 1, uid;
CREATE VIEW address_traffic AS
    SELECT src_ipaddr AS ipaddr, count(DISTINCT open_id) + count(*) FILTER (WHERE open_id IS NULL) AS log_count,
        sum(rx_bytes) AS rx_bytes, sum(tx_bytes) AS tx_bytes, sum(rx_packets) AS rx_packets, sum(tx_packets) AS tx_packets,
        min(log_date) AS start_date, max(log_date) AS end_date
        FROM traffic WHERE src_ipaddr IS NOT NULL GROUP BY src_ipaddr;
CREATE VIEW net_24_traffic AS
    SELECT CASE WHEN src_net6 IS NULL THEN rtrim(replace(src_ipaddr, '/24', ''), '0123456789') || '0/24'
                WHEN src_ipaddr LIKE '%/48' THEN substr(src_net6, 1, 14) || '::/48'
                ELSE src_net6 || '::/64' END AS ipnet,
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

-- A row for each key that opened a session: most have one.  A fingerprint has 50 characters.
CREATE VIEW session_key AS
    SELECT id, CASE WHEN auth_key LIKE 'SHA256:%,SHA256:%' THEN substr(auth_key, first, 50) ELSE auth_key END AS auth_key,
        uid, src_ipaddr, log_date
        FROM inet_log JOIN (SELECT 1 AS first UNION ALL VALUES (52), (103), (154), (205), (256), (307), (358), (409), (460))
            ON first = 1 OR (first < length(auth_key) AND auth_key LIKE 'SHA256:%,SHA256:%')
        WHERE auth_key IS NOT NULL AND log_event = 2;

-- Who used it from where.
CREATE VIEW key_user AS
    SELECT auth_key, uid, src_ipaddr, count(*) AS log_count, min(log_date) AS start_date, max(log_date) AS end_date
        FROM session_key GROUP BY auth_key, uid, src_ipaddr;
CREATE VIEW keys AS
    SELECT auth_key, count(*) AS log_count, count(DISTINCT uid) AS users, count(DISTINCT src_ipaddr) AS addresses,
        min(log_date) AS start_date, max(log_date) AS end_date
        FROM session_key GROUP BY auth_key;
