# SPDX-License-Identifier: GPL-2.0-or-later
"""What is asked of the database: events with known answers, and that every database gives the same."""
import datetime
import decimal
import ipaddress
import random
import tempfile
import unittest
from collections import Counter
from pathlib import Path

from programs import DRIVERS, Daemon, wait_until

# Day and time in March 2026, and the words of a line; @ stands for those of HOSTS.
EVENTS = '''
1T10:00:00        @alpha event=auth user=root src=203.0.113.9 sport=40001 pid=100
1T10:00:02.500    @alpha event=auth user=root src=203.0.113.9 sport=40001 pid=100
1T10:00:05        @alpha event=auth user=root src=203.0.113.9 sport=40001 pid=100
1T10:04:59.999999 @alpha event=auth user= src=203.0.113.9 sport=40002 pid=101
1T10:05:00        @alpha event=account user=alice src=192.0.2.7 sport=50001 pid=200
1T10:05:00.250    @alpha event=open_session user=alice src=192.0.2.7 sport=50001 pid=200
1T10:10:00        @alpha event=auth user=bob src=192.0.3.8 sport=50002 pid=201
1T10:10:04        @alpha event=auth user=bob src=192.0.3.8 sport=50002 pid=201
1T10:10:06        @alpha event=account user=bob src=192.0.3.8 sport=50002 pid=201
1T10:10:06.100    @alpha event=open_session user=bob src=192.0.3.8 sport=50002 pid=201
1T10:14:59        @beta event=auth user=carol src=::ffff:192.0.2.9 sport=50003 pid=200
1T10:15:00        @beta event=account user=carol src=::ffff:192.0.2.9 sport=50003 pid=200
1T10:15:01        @beta event=open_session user=carol src=::ffff:192.0.2.9 sport=50003 pid=200
1T10:20:00        @beta event=auth user=root src=2001:db8:1:2::7 sport=50004 pid=310
1T10:20:01        @beta event=auth user=root src=2001:db8:1:2::8 sport=50005 pid=311
1T10:20:02        @beta event=auth outcome=failure user=root src=2001:db8:1:3::9 sport=50006 pid=312
1T10:30:00        @alpha event=close_session user=zoe src=192.0.2.50 sport=50007 pid=300
1T10:40:00        @local event=auth user=root pid=400 ruser=bob tty=/dev/pts/0
1T10:40:03        @local event=account user=root pid=400 ruser=bob tty=/dev/pts/0
1T10:40:03.500    @local event=open_session user=root pid=400 ruser=bob tty=/dev/pts/0
1T10:41:00        @local event=open_session user=dave pid=400
1T10:42:00        @local event=close_session user=dave pid=400
1T10:43:00.500    @local event=close_session user=root pid=400
1T10:43:01        @local event=close_session user=root pid=400
1T11:05:00.500    @alpha event=close_session user=alice src=192.0.2.7 sport=50001 pid=200
1T11:15:00        @beta event=close_session user=carol src=192.0.2.9 sport=1 pid=200
1T12:00:00        @alpha event=open_session user=erin src=192.0.2.20 sport=6000
1T12:00:01        @alpha event=close_session user=frank src=192.0.2.20 sport=6000
1T12:00:02        @alpha event=close_session user=erin src=192.0.2.20 sport=6001
1T12:00:10        @alpha event=close_session user=erin src=192.0.2.20 sport=6000
1T12:30:00        @alpha event=auth user=alice src=192.0.2.7 sport=50001 pid=210
1T12:30:01        @alpha event=account user=alice src=192.0.2.7 sport=50001 pid=211
1T12:30:01.500    @alpha event=open_session user=alice src=192.0.2.7 sport=50001 pid=211
1T13:00:00        @alpha event=open_session user=gina src=192.0.2.21 sport=6100 pid=211
1T13:10:00        @alpha event=close_session user=gina src=192.0.2.21 sport=6100 pid=211
1T13:20:00        @alpha event=auth user=heidi src=192.0.2.22 pid=500
1T13:20:01        @alpha event=auth user=heidi src=192.0.2.22 pid=501
1T13:20:02        @alpha event=account user=heidi src=192.0.2.22 pid=500
1T13:30:00        @alpha event=auth user=ivan rhost=gw.example.org pid=502
1T13:40:00        @alpha event=lock user=alice src=192.0.2.7 pid=211
1T23:00:00.500    @alpha event=auth user=root src=203.0.113.9 sport=40007 pid=598
1T23:30:00        @alpha event=auth user=root src=203.0.113.9 sport=40008 pid=599
1T23:59:59.999999 @alpha event=auth user=root src=203.0.113.9 sport=40009 pid=600
2T00:00:00        @alpha event=auth user=root src=203.0.113.9 sport=40009 pid=600
2T00:00:01        @alpha event=account user=root src=203.0.113.9 sport=40009 pid=600
2T00:30:00        @alpha event=account user=alice src=2001:db8:1:2::7 sport=50010 pid=601
2T00:30:01        @alpha event=open_session user=alice src=2001:db8:1:2::7 sport=50010 pid=601
'''
A, B = '198.51.100.5', '2001:db8:5::5'
HOSTS = {'@alpha': f'host=alpha dst={A} dport=22 service=sshd', '@beta': f'host=beta dst={B} dport=22 service=sshd',
         '@local': 'host=alpha service=su'}
UTC = datetime.timezone.utc
ALL = ('ips', 'nets_24', 'nets_16', 'nets_8', 'agg_ips', 'agg_nets_24', 'agg_nets_16', 'agg_nets_8', 'open_sessions',
       'completed_sessions', 'last_session', 'failures', 'user_addresses')

IPS = [(A, '203.0.113.9', 9, '1T10:00:00', '2T00:00:01'), (A, '192.0.2.7', 7, '1T10:05:00', '1T13:40:00'),
       (A, '192.0.3.8', 4, '1T10:10:00', '1T10:10:06.1'), (B, '192.0.2.9', 4, '1T10:14:59', '1T11:15:00'),
       (B, '2001:db8:1:2::7', 1, '1T10:20:00', '1T10:20:00'), (B, '2001:db8:1:2::8', 1, '1T10:20:01', '1T10:20:01'),
       (B, '2001:db8:1:3::9', 1, '1T10:20:02', '1T10:20:02'), (A, '192.0.2.50', 1, '1T10:30:00', '1T10:30:00'),
       (A, '192.0.2.20', 4, '1T12:00:00', '1T12:00:10'), (A, '192.0.2.21', 2, '1T13:00:00', '1T13:10:00'),
       (A, '192.0.2.22', 3, '1T13:20:00', '1T13:20:02'), (A, '2001:db8:1:2::7', 2, '2T00:30:00', '2T00:30:01')]
AGG_IPS = [row[1:] for row in IPS if row[1] != '2001:db8:1:2::7'] + [('2001:db8:1:2::7', 3, '1T10:20:00', '2T00:30:01')]


def wide(prefix, six):
    """The answers where the nets are so wide that the two IPv4 nets of 192.0 and the IPv6 nets are one."""
    four = {bits: [str(ipaddress.ip_network(f'{address}/{bits}', strict=False)) for address in ('203.0.113.9', '192.0.2.7')]
            for bits in (20, 16, 8)}[prefix]
    net6 = str(ipaddress.ip_network(f'2001:db8:1:2::/{six}', strict=False))
    return ([(A, four[0], 9, '1T10:00:00', '2T00:00:01'), (A, four[1], 21, '1T10:05:00', '1T13:40:00'),
             (B, four[1], 4, '1T10:14:59', '1T11:15:00'), (B, net6, 3, '1T10:20:00', '1T10:20:02'),
             (A, net6, 2, '2T00:30:00', '2T00:30:01')],
            [(four[0], 9, '1T10:00:00', '2T00:00:01'), (four[1], 25, '1T10:05:00', '1T13:40:00'),
             (net6, 5, '1T10:20:00', '2T00:30:01')])


NETS_24 = [(A, '203.0.113.0/24', 9, '1T10:00:00', '2T00:00:01'), (A, '192.0.2.0/24', 17, '1T10:05:00', '1T13:40:00'),
           (A, '192.0.3.0/24', 4, '1T10:10:00', '1T10:10:06.1'), (B, '192.0.2.0/24', 4, '1T10:14:59', '1T11:15:00'),
           (B, '2001:db8:1:2::/64', 2, '1T10:20:00', '1T10:20:01'), (B, '2001:db8:1:3::/64', 1, '1T10:20:02', '1T10:20:02'),
           (A, '2001:db8:1:2::/64', 2, '2T00:30:00', '2T00:30:01')]
AGG_NETS_24 = [('203.0.113.0/24', 9, '1T10:00:00', '2T00:00:01'), ('192.0.2.0/24', 21, '1T10:05:00', '1T13:40:00'),
               ('192.0.3.0/24', 4, '1T10:10:00', '1T10:10:06.1'), ('2001:db8:1:2::/64', 4, '1T10:20:00', '2T00:30:01'),
               ('2001:db8:1:3::/64', 1, '1T10:20:02', '1T10:20:02')]
OPEN = [(10, 'bob', '192.0.3.8', 50002, A, 22, 'sshd', None, 'alpha', 201, '1T10:10:06.1'),
        (33, 'alice', '192.0.2.7', 50001, A, 22, 'sshd', None, 'alpha', 211, '1T12:30:01.5'),
        (47, 'alice', '2001:db8:1:2::7', 50010, A, 22, 'sshd', None, 'alpha', 601, '2T00:30:01')]
COMPLETED = [
    (6, 'alice', '192.0.2.7', 50001, A, 22, 'sshd', None, 'alpha', 200, '1T10:05:00.25', '1T11:05:00.5', 3600.25),
    (13, 'carol', '192.0.2.9', 50003, B, 22, 'sshd', None, 'beta', 200, '1T10:15:01', '1T11:15:00', 3599.0),
    (20, 'root', None, None, None, None, 'su', '/dev/pts/0', 'alpha', 400, '1T10:40:03.5', '1T10:43:00.5', 177.0),
    (21, 'dave', None, None, None, None, 'su', None, 'alpha', 400, '1T10:41:00', '1T10:42:00', 60.0),
    (27, 'erin', '192.0.2.20', 6000, A, 22, 'sshd', None, 'alpha', None, '1T12:00:00', '1T12:00:10', 10.0),
    (34, 'gina', '192.0.2.21', 6100, A, 22, 'sshd', None, 'alpha', 211, '1T13:00:00', '1T13:10:00', 600.0)]
LAST = [('alice', '2001:db8:1:2::7', A, 'sshd', None, 'alpha', '2T00:30:01', None),
        ('bob', '192.0.3.8', A, 'sshd', None, 'alpha', '1T10:10:06.1', None),
        ('carol', '192.0.2.9', B, 'sshd', None, 'beta', '1T10:15:01', '1T11:15:00'),
        ('dave', None, None, 'su', None, 'alpha', '1T10:41:00', '1T10:42:00'),
        ('erin', '192.0.2.20', A, 'sshd', None, 'alpha', '1T12:00:00', '1T12:00:10'),
        ('gina', '192.0.2.21', A, 'sshd', None, 'alpha', '1T13:00:00', '1T13:10:00'),
        ('root', None, None, 'su', '/dev/pts/0', 'alpha', '1T10:40:03.5', '1T10:43:00.5')]
FAILURES = [(number, user, src, port, dst, 22, 'sshd', None, None, rhost, host, pid, date, flags, None)
            for number, user, src, port, dst, rhost, host, pid, date, flags in [
                (1, 'root', '203.0.113.9', 40001, A, None, 'alpha', 100, '1T10:00:00', 0),
                (2, 'root', '203.0.113.9', 40001, A, None, 'alpha', 100, '1T10:00:02.5', 0),
                (3, 'root', '203.0.113.9', 40001, A, None, 'alpha', 100, '1T10:00:05', 0),
                (4, '<<EMPTY>>', '203.0.113.9', 40002, A, None, 'alpha', 101, '1T10:04:59.999999', 1),
                (7, 'bob', '192.0.3.8', 50002, A, None, 'alpha', 201, '1T10:10:00', 0),
                (14, 'root', '2001:db8:1:2::7', 50004, B, None, 'beta', 310, '1T10:20:00', 0),
                (15, 'root', '2001:db8:1:2::8', 50005, B, None, 'beta', 311, '1T10:20:01', 0),
                (16, 'root', '2001:db8:1:3::9', 50006, B, None, 'beta', 312, '1T10:20:02', 0),
                (31, 'alice', '192.0.2.7', 50001, A, None, 'alpha', 210, '1T12:30:00', 0),
                (37, 'heidi', '192.0.2.22', None, A, None, 'alpha', 501, '1T13:20:01', 0),
                (39, 'ivan', None, None, A, 'gw.example.org', 'alpha', 502, '1T13:30:00', 0),
                (41, 'root', '203.0.113.9', 40007, A, None, 'alpha', 598, '1T23:00:00.5', 0),
                (42, 'root', '203.0.113.9', 40008, A, None, 'alpha', 599, '1T23:30:00', 0),
                (43, 'root', '203.0.113.9', 40009, A, None, 'alpha', 600, '1T23:59:59.999999', 0)]]
USER_ADDRESSES = [('alice', '192.0.2.7', 2, '1T10:05:00', '1T12:30:01'), ('bob', '192.0.3.8', 1, '1T10:10:06', '1T10:10:06'),
                  ('carol', '192.0.2.9', 1, '1T10:15:00', '1T10:15:00'), ('heidi', '192.0.2.22', 1, '1T13:20:02', '1T13:20:02'),
                  ('root', '203.0.113.9', 1, '2T00:00:01', '2T00:00:01'),
                  ('alice', '2001:db8:1:2::7', 1, '2T00:30:00', '2T00:30:00')]


def moment(text):
    """Of March 2026."""
    day, time = text.split('T')
    return datetime.datetime.fromisoformat(f'2026-03-{day:0>2}T00:00:00+00:00') + datetime.timedelta(
        **dict(zip(('hours', 'minutes', 'seconds'), map(float, time.split(':')))))


def line_of(event):
    date, host, words = event.split(maxsplit=2)
    time = round((moment(date) - datetime.datetime.fromtimestamp(0, UTC)) / datetime.timedelta(microseconds=1))
    return f'iptracking/1 time={time} {HOSTS[host]} {words}\n'


LINES = [line_of(event) for event in EVENTS.strip().splitlines()]


def plain(value):
    """Alike from every database."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(UTC).isoformat(timespec='microseconds').replace('+00:00', 'Z')
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, str) and '::/' in value:
        return str(ipaddress.ip_network(value))     # sqlite3 writes all of it
    if isinstance(value, str) and value[1:2] == 'T':
        return plain(moment(value))
    return value


def plain_rows(rows):
    return [tuple(plain(value) for value in row) for row in rows]


def in_any_order(rows):
    return sorted(plain_rows(rows), key=repr)


def store(driver, folder, lines):
    """What the real daemon makes of the lines; gives what asks the database."""
    folder.mkdir()
    database = DRIVERS[driver](folder)
    daemon = Daemon(folder, passed=True, config=database.config)
    try:
        daemon.write(''.join(lines))
        wait_until(lambda: database.count() == len(lines), 60, f'{len(lines)} rows: {daemon.said()}')
    finally:
        daemon.stop()
    return database.query if driver == 'sqlite3' else database.database.query


class Asked(unittest.TestCase):
    """`lines` in each database; `ask` has what asks it."""
    lines = ()

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix='iptracking-')
        cls.addClassCleanup(temporary.cleanup)
        cls.ask = {driver: store(driver, Path(temporary.name) / driver, cls.lines) for driver in DRIVERS if driver != 'csvfile'}

    def expect(self, sql, expected, drivers=('sqlite3', 'postgresql'), order=in_any_order):
        for driver in drivers:
            with self.subTest(driver=driver, sql=sql):
                self.assertEqual(order(self.ask[driver](sql)), order(expected))


class Known(Asked):
    lines = LINES
    maxDiff = None

    def expect_of_postgres(self, sql, expected, order=in_any_order):
        self.expect(sql, expected, ('postgresql',), order)

    def test_counts_by_address_and_net_are_known(self):
        nets_16, agg_nets_16 = wide(16, 48)
        nets_8, agg_nets_8 = wide(8, 32)
        for view, expected in {'ips': IPS, 'nets_24': NETS_24, 'nets_16': nets_16, 'nets_8': nets_8, 'agg_ips': AGG_IPS,
                               'agg_nets_24': AGG_NETS_24, 'agg_nets_16': agg_nets_16, 'agg_nets_8': agg_nets_8}.items():
            self.expect(f'SELECT * FROM {view}', expected)

    def test_counts_by_nets_of_any_width_are_known(self):
        nets, agg_nets = wide(20, 56)
        for call, expected in {'nets_view(24)': NETS_24, 'nets_view(20)': nets, 'agg_nets_view(20)': agg_nets,
                               'agg_nets_view(24)': AGG_NETS_24, 'agg_nets_view(16)': wide(16, 48)[1],
                               'agg_nets_view(8)': wide(8, 32)[1], 'agg_nets_view(20, prefix6 => 32)': wide(20, 32)[1]}.items():
            self.expect_of_postgres(f'SELECT * FROM {call}', expected)
        self.expect_of_postgres('SELECT * FROM agg_nets_view(0)', [('0.0.0.0/0', 34, '1T10:00:00', '2T00:00:01'),
                                                                  ('::/0', 5, '1T10:20:00', '2T00:30:01')])
        self.expect_of_postgres('SELECT host(ipnet), masklen(ipnet), log_count, start_date, end_date FROM agg_nets_view(32)',
                                [(row[0], 128 if ':' in row[0] else 32, *row[1:]) for row in AGG_IPS])

    def test_sessions_are_known(self):
        self.expect('SELECT * FROM open_sessions', OPEN)
        self.expect('SELECT * FROM completed_sessions', COMPLETED)
        self.expect('SELECT * FROM last_session', LAST)

    def test_failures_are_known(self):
        self.expect('SELECT * FROM failures', FAILURES)
        self.expect("SELECT id FROM failures WHERE log_date BETWEEN '2026-03-01T13:00:00Z' AND '2026-03-01T23:29:59Z'",
                    [(37,), (39,), (41,)])

    def test_who_got_in_from_where_is_known(self):
        self.expect('SELECT * FROM user_addresses', USER_ADDRESSES)
        first = [(5, 'alice', '192.0.2.7', A, 'alpha', '1T10:05:00'), (9, 'bob', '192.0.3.8', A, 'alpha', '1T10:10:06'),
                 (12, 'carol', '192.0.2.9', B, 'beta', '1T10:15:00'), (38, 'heidi', '192.0.2.22', A, 'alpha', '1T13:20:02'),
                 (45, 'root', '203.0.113.9', A, 'alpha', '2T00:00:01'),
                 (46, 'alice', '2001:db8:1:2::7', A, 'alpha', '2T00:30:00')]
        self.expect_of_postgres('SELECT * FROM new_user_addresses', first)
        self.expect_of_postgres("SELECT * FROM new_user_addresses WHERE log_date >= '2026-03-01T12:00:00Z'", first[3:])

    def test_successes_after_failures_are_known(self):
        self.expect_of_postgres('SELECT id, uid, src_ipaddr, log_date, failures FROM success_after_failures', [
            (9, 'bob', '192.0.3.8', '1T10:10:06', 1), (32, 'alice', '192.0.2.7', '1T12:30:01', 1),
            (38, 'heidi', '192.0.2.22', '1T13:20:02', 1), (45, 'root', '203.0.113.9', '2T00:00:01', 2)])

    def test_the_useful_queries_of_the_manual_have_known_answers(self):
        self.expect('select count(*) as count, min(log_date) as start_date, max(log_date) as end_date from inet_log',
                    [(47, '1T10:00:00', '2T00:30:01')])
        self.expect('select * from agg_ips order by log_count desc limit 2',
                    [('203.0.113.9', 9, '1T10:00:00', '2T00:00:01'), ('192.0.2.7', 7, '1T10:05:00', '1T13:40:00')],
                    order=plain_rows)
        self.expect("select count(*) as count, uid from inet_log where src_ipaddr in ('203.0.113.9', '192.0.2.7') "
                    'group by uid order by count desc', [(8, 'root'), (7, 'alice'), (1, '<<EMPTY>>')], order=plain_rows)
        self.expect_of_postgres('select avg(delta_t) from (select log_date - lag(log_date) over () as delta_t from inet_log '
                                "where uid = 'erin') as deltas", [(datetime.timedelta(seconds=5),)])
        self.expect('''SELECT round(avg(delta_t), 3) AS seconds
                           FROM (SELECT (julianday(log_date) - lag(julianday(log_date)) OVER (ORDER BY id)) * 86400 AS delta_t
                                     FROM inet_log WHERE uid = 'erin')''', [(5.0,)], ('sqlite3',))

    def test_counts_by_time_are_known(self):
        """Python's own arithmetic, and some answers that were found by hand."""
        events = [(int(words['time']), words['dst'], words['src']) for words in
                  (dict(word.split('=', 1) for word in line.split()[1:]) for line in LINES) if 'src' in words]
        events = [(time, dst, src.removeprefix('::ffff:')) for time, dst, src in events]

        def counted(step, key):
            count = Counter((time // 1000000 // step * step, dst, key(src)) for time, dst, src in events)
            return [(datetime.datetime.fromtimestamp(start, UTC), *where, number) for (start, *where), number in count.items()]

        def net(address):
            return str(ipaddress.ip_network(f'{address}/{64 if ":" in address else 24}', strict=False))
        for name, step in {'5min': 300, '15min': 900, 'hour': 3600, 'day': 86400}.items():
            for call in (f'counts_{name}', f"counts('{step} s')"):
                self.expect_of_postgres(f'SELECT * FROM {call}', counted(step, str))
            for call in (f'net_counts_{name}', f"net_counts('{step} s', 24)"):
                self.expect_of_postgres(f'SELECT * FROM {call}', counted(step, net))
        attacks = "FROM {} WHERE ipaddr = '203.0.113.9'"
        self.expect_of_postgres('SELECT start_date, log_count ' + attacks.format('counts_day'),
                                [('1T00:00:00', 7), ('2T00:00:00', 2)])
        self.expect_of_postgres('SELECT start_date, log_count ' + attacks.format('counts_5min'), [
            ('1T10:00:00', 4), ('1T23:00:00', 1), ('1T23:30:00', 1), ('1T23:55:00', 1), ('2T00:00:00', 2)])
        self.expect_of_postgres('SELECT start_date, log_count ' + attacks.format(
            "counts('1 week', until => '2026-03-02T00:00:01Z')"),
            [(datetime.datetime(2026, 2, 23, tzinfo=UTC), 7), ('2T00:00:00', 1)])
        self.expect_of_postgres("SELECT * FROM net_counts('12 h', 8, '2026-03-01T12:00:00Z', '2026-03-01T13:00:00Z')",
                                [('1T12:00:00', A, '192.0.0.0/8', 7)])


class Random(Asked):
    """Few processes, ports and users, so that everything meets everything; the clock never goes back."""
    @staticmethod
    def word(source, key, values):
        value = source.choice(values)
        return '' if value is None else f' {key}={value}'

    @classmethod
    def setUpClass(cls):
        source, time = random.Random(20261121), 1772359200000000
        lines = []
        for _ in range(3000):
            time += source.choice((0, 1, 301, 1000, 499_500, 1_000_000, 1_500_499))
            lines.append(f'iptracking/1 time={time}' + ''.join(cls.word(source, key, values) for key, values in {
                'event': ['auth', 'auth', 'auth', 'account', 'account', 'open_session', 'open_session', 'close_session', 'other'],
                'host': ['alpha', 'alpha', 'beta'], 'user': ['a', 'b', 'c', '', None], 'src': ['192.0.2.1', '2001:db8::1', None],
                'sport': [1, 2, None], 'dst': [A, A, B, None], 'dport': [22, 22, None], 'pid': [7, 8, 9, None],
                'service': ['sshd', 'sshd', 'su', None], 'outcome': [None] * 7 + ['failure', 'success']}.items()) + '\n')
        cls.lines = lines
        super().setUpClass()

    def test_events_at_random_give_the_same_answers_in_each_database(self):
        for day in range(2, 8):
            window = f"'2026-03-01T{day + 8:02}:00:00Z', '2026-03-01T{day + 9:02}:30:00Z'"
            self.expect(f'SELECT * FROM sessions({window})', self.ask['postgresql'](
                f'SELECT * FROM session WHERE start_date >= {window.split(",")[0]} AND start_date < {window.split(",")[1]}'),
                ('postgresql',))
        for view in ALL:
            expected = self.ask['sqlite3'](f'SELECT * FROM {view}')
            self.assertGreater(len(expected), 1, view)
            self.expect(f'SELECT * FROM {view}', expected, ('postgresql',))
