-- SPDX-License-Identifier: GPL-2.0-or-later
-- From version 2 to 3: how long a session lasted is exact.  (julianday() rounds each date to a millisecond.)

PRAGMA user_version = 3;

DROP VIEW completed_sessions;
CREATE VIEW completed_sessions AS
    SELECT id, uid, src_ipaddr, src_port, dst_ipaddr, dst_port, service, tty, host, sshd_pid, start_date, end_date,
        ((abs(usec) + 500) / 1000) * CASE WHEN usec < 0 THEN -1 ELSE 1 END / 1000.0 AS seconds
        FROM (SELECT o.id, o.uid, o.src_ipaddr, o.src_port, o.dst_ipaddr, o.dst_port, o.service, o.tty, o.host,
                  o.sshd_pid, o.log_date AS start_date, c.log_date AS end_date,
                  (strftime('%s', substr(c.log_date, 1, 19)) - strftime('%s', substr(o.log_date, 1, 19))) * 1000000
                      + substr(c.log_date, 21, 6) - substr(o.log_date, 21, 6) AS usec
                  FROM session JOIN inet_log AS o ON o.id = session.open_id JOIN inet_log AS c ON c.id = session.close_id);
