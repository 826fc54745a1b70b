-- SPDX-License-Identifier: GPL-2.0-or-later
-- From version 1 to 2: who got in from where.  The summary begins empty and trails behind like the other one, so
-- that the upgrade of a large database takes no time.

PRAGMA user_version = 2;

-- Successes by user and address.  (Attempts by names that strangers make up would fill the disk.)
CREATE TABLE user_address (
    uid        TEXT NOT NULL,
    src_ipaddr TEXT NOT NULL,
    log_count  INTEGER NOT NULL,
    start_date TEXT NOT NULL,
    end_date   TEXT NOT NULL,
    PRIMARY KEY (uid, src_ipaddr)
) WITHOUT ROWID;
INSERT INTO summary VALUES ('user_address', 0);

CREATE VIEW user_addresses AS
    SELECT uid, src_ipaddr, sum(log_count) AS log_count, min(start_date) AS start_date, max(end_date) AS end_date
        FROM (SELECT uid, src_ipaddr, log_count, start_date, end_date
                  FROM user_address
              UNION ALL
              SELECT uid, src_ipaddr, 1, log_date, log_date
                  FROM inet_log
                  WHERE id > (SELECT upto FROM summary WHERE name = 'user_address')
                      AND outcome = 'success' AND uid IS NOT NULL AND src_ipaddr IS NOT NULL)
        GROUP BY uid, src_ipaddr;
