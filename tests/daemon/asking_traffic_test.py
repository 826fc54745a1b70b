# SPDX-License-Identifier: GPL-2.0-or-later
"""What `iptracking` says of bytes and keys: what Python finds in the same rows, and the same from each database."""
import base64
import datetime
import hashlib
import random
import sqlite3
import tempfile
import unittest
from collections import defaultdict
from pathlib import Path
from zoneinfo import ZoneInfo

from asking_test import BEGIN, HOUR, MIDDLE, SELECTIONS, ask, iso, net, random_lines, run, stored, understood, usec
from programs import DRIVERS, Daemon, Programs, wait_until

KEYS = ['SHA256:' + base64.b64encode(hashlib.sha256(bytes([i])).digest()).decode().rstrip('=') for i in range(4)]
COUNTERS = 'rx_bytes', 'tx_bytes', 'rx_packets', 'tx_packets'
# By which a session can be selected.
SELECTED = {words: is_it for words, is_it in SELECTIONS.items() if not {'--event', '--outcome'} & set(words)}
SELECTED |= {('--key', KEYS[0]): lambda e: KEYS[0] in e.keys,
             ('--key', KEYS[1].removeprefix('SHA256:'), '--key', KEYS[2]): lambda e: KEYS[1] in e.keys or KEYS[2] in e.keys,
             ('--key', '!' + KEYS[0]): lambda e: KEYS[0] not in e.keys,
             ('--key', KEYS[0], '--key', '!' + KEYS[1], '--since', iso(MIDDLE)):
                 lambda e: KEYS[0] in e.keys and KEYS[1] not in e.keys and e.time >= MIDDLE,
             ('--key', KEYS[3]): lambda e: False}


def counted_at(time):
    """Rises with the time, as what the kernel counts."""
    return ((time - BEGIN) // 1000, (time - BEGIN) // 300 + 7, (time - BEGIN) // 70_000, (time - BEGIN) // 90_000)


class Reading:
    """Counters of a connection, read at a time."""
    def __init__(self, event, time, counters):
        self.__dict__.update(vars(event))
        self.time, self.counters, self.of = time, counters, event.id


def differences(events, pairs, samples):
    """(reading, what came on since the reading before) of sessions, and whole connections without one."""
    for start, end in pairs.items():
        readings = [Reading(events[start], event.time, event.counters) for event in (events[start], events.get(end))
                    if event and event.counters]
        readings[1 if events[start].counters else 0:0] = [Reading(events[start], *sample) for sample in samples[start]]
        before = None
        for reading in readings:
            yield reading, [now - then for now, then in zip(reading.counters, before.counters if before else (0,) * 4)]
            before = reading
    connections = defaultdict(list)
    for event in events.values():
        if event.event == 'open_session' or (event.event == 'auth' and event.counters):
            day = None if event.port else event.time // (24 * HOUR)     # truncated: many may look the same
            connections[event.host, event.pid, event.source, event.port, event.destination, day].append(event)
    for group in connections.values():
        if all(event.event == 'auth' for event in group):
            last = max(group, key=lambda event: event.time)
            reading = Reading(last, last.time, [max(counter) for counter in zip(*(event.counters for event in group))])
            reading.user, reading.keys, reading.of, reading.service = None, [], None, min(
                (event.service for event in group if event.service), default=None)
            yield reading, reading.counters


def summed(differences, key):
    """As `traffic` sums it up."""
    sums = {}
    for reading, came_on in differences:
        of = key(reading)
        if of is not None:
            row = sums.setdefault(of, [set(), [0] * 4, reading.time, reading.time])
            row[0].add(reading.of or -reading.id)
            row[1] = [sum(pair) for pair in zip(row[1], came_on)]
            row[2], row[3] = min(row[2], reading.time), max(row[3], reading.time)
    return {of: (len(row[0]), *row[1], row[2], row[3]) for of, row in sums.items()}


def shown(row):
    return (row['sessions'], *(row[name] for name in COUNTERS), usec(row['first']), usec(row['last']))


class Sampled(Programs):
    def states(self, *lines):
        """(driver, state of each user) of what the lines say, and of the views."""
        for driver, store_of in DRIVERS.items():
            folder = self.sub(driver)
            store = store_of(folder, **({'client': {'user': 'asker'}} if driver == 'postgresql' else {}))
            daemon = self.daemon(folder=folder, passed=True, config=store.config)
            daemon.write(''.join(f'iptracking/1 event={line} dst=192.0.2.2 dport=22 host=elsewhere\n' for line in lines))
            wait_until(lambda: (daemon.counters() or {}).get('events_stored_total') == len(lines), what=daemon.said())
            daemon.stop()
            yield driver, {row['user']: row['state'] for row in ask(daemon.config, 'traffic', 'sessions')}
            if driver != 'csvfile':
                query = getattr(store, 'database', store).query
                yield f'{driver} itself', dict(query('SELECT uid, state FROM session_traffic'))

    def test_what_a_wrong_clock_said_is_forgotten(self):
        def session(user, time):
            return f'open_session time={time} user={user} src=192.0.2.1 sport={ord(user)} pid={ord(user)} service=sshd rx_bytes=1 tx_bytes=1'

        def sample(user, time):
            return f'sample time={time} src=192.0.2.1 sport={ord(user)} rx_bytes=2 tx_bytes=2'
        later, next_year = BEGIN + HOUR, BEGIN + 365 * 24 * HOUR
        for driver, states in self.states(f'sample time={next_year}', session('a', BEGIN), session('b', BEGIN), sample('a', later),
                                          f'sample time={later}'):
            self.assertEqual(states, {'a': 'open', 'b': 'gone'}, driver)

    def test_a_session_without_its_port_cannot_be_missed(self):
        without = f'open_session time={BEGIN} user=a src=192.0.2.1 pid=1 service=sshd rx_bytes=1 tx_bytes=1'
        for driver, states in self.states(without, without.replace('user=a', 'user=b sport=2').replace('pid=1', 'pid=2'),
                                          f'sample time={BEGIN + HOUR}'):
            self.assertEqual(states, {'a': 'open', 'b': 'gone'}, driver)


@unittest.skipUnless({'sqlite3', 'postgresql'} <= DRIVERS.keys(), 'the build has not both')
class Moved(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix='iptracking-')
        cls.addClassCleanup(temporary.cleanup)
        lines = random_lines()
        cls.events = {event.id: event for event in understood(lines)}
        cls.configs, stores = {}, {}
        for driver in 'sqlite3', 'postgresql':
            folder = Path(temporary.name) / driver
            folder.mkdir()
            stores[driver] = DRIVERS[driver](folder, **({'client': {'user': 'asker'}} if driver == 'postgresql' else {}))
            daemon = Daemon(folder, passed=True, config=stores[driver].config)
            daemon.write(''.join(lines))
            wait_until(lambda: stores[driver].count() == len(lines), 60, f'{len(lines)} rows: {daemon.said()}')
            daemon.stop()
            cls.configs[driver] = daemon.config
        cls.pairs = dict(stores['sqlite3'].query('SELECT open_id, close_id FROM session'))
        cls.add_counters()
        statements = list(cls.statements())
        database = sqlite3.connect(stores['sqlite3'].path)
        with database:
            for sql in statements:
                database.execute(sql)
        database.close()
        stores['postgresql'].database.query(';'.join(statements))

    @classmethod
    def add_counters(cls):
        source = random.Random(20261121)
        for event in cls.events.values():
            event.counters = counted_at(event.time) if source.random() < 0.8 else None
            event.keys = source.choice([[], KEYS[:1], KEYS[1:2], KEYS[2:3], KEYS[:2]]) if event.event == 'open_session' else []
        cls.samples = defaultdict(list)
        for start, end in cls.pairs.items():
            first, last = cls.events[start].time, cls.events[end].time if end else BEGIN + 20 * 24 * HOUR
            for time in sorted({source.randrange(first + 1, last) for _ in range(source.choice([0, 0, 1, 3]))} if last > first + 1 else ()):
                cls.samples[start].append((time, counted_at(time)))

    @classmethod
    def statements(cls):
        for event in cls.events.values():
            if event.counters:
                yield (f'UPDATE inet_log SET ({", ".join(COUNTERS)}) = ({", ".join(map(str, event.counters))}) '
                       f'WHERE id = {event.id}')
            if event.keys:
                yield (f"UPDATE inet_log SET auth_method = 'publickey', auth_key = '{','.join(event.keys)}', cert_id = 'id{event.id % 3}', "
                       f"cert_serial = '18446744073709551615', cert_ca = '{KEYS[3]}' WHERE id = {event.id}")
        for session, samples in cls.samples.items():
            for time, counters in samples:
                yield f"INSERT INTO sample VALUES ({session}, '{iso(time)}', {', '.join(map(str, counters))})"

    def each(self, check, selections=SELECTED):
        """check(words, config, differences) with each selection, of each database."""
        differ = list(differences(self.events, self.pairs, self.samples))
        for words in selections:
            chosen = [one for one in differ if SELECTED[words](one[0])]
            for driver, config in self.configs.items():
                with self.subTest(driver=driver, words=words):
                    check(words, config, chosen)

    def test_sums_are_those_of_the_time_that_is_asked_for(self):
        keys = {'users': ('user', lambda r: r.user), 'addresses': ('address', lambda r: r.source), 'hosts': ('host', lambda r: r.host),
                'nets': ('net', lambda r: net(r.source)), 'total': (None, lambda r: 'all')}

        def check(words, config, chosen):
            for what, (column, key) in keys.items():
                rows = ask(config, 'traffic', what, '-n', 'all', *(['--prefix', '16'] if what == 'nets' else []), *words)
                self.assertEqual({row[column] if column else 'all': shown(row) for row in rows}, summed(chosen, key), what)
                self.assertEqual([row['bytes'] for row in rows],
                                 sorted((row['rx_bytes'] + row['tx_bytes'] for row in rows), reverse=True))
        self.each(check)

    def test_days_are_those_of_the_zone(self):
        for zone in 'UTC', 'Europe/Berlin', 'Asia/Kathmandu':
            def day(reading):
                date = datetime.datetime.fromtimestamp(reading.time // 1000000, ZoneInfo(zone)).strftime('%Y-%m-%d')
                return (date, reading.user) if reading.user else None

            def check(words, config, chosen):
                rows = ask(config, 'traffic', 'days', *words, zone=zone)
                self.assertEqual({(row['day'], row['user']): shown(row) for row in rows}, summed(chosen, day), zone)
                order = [(row['day'], -row['bytes']) for row in rows]
                self.assertEqual(order, sorted(order))
                self.assertEqual(ask(config, 'traffic', 'days', '-n', '3', *words, zone=zone), rows[-3:])
            self.each(check, list(SELECTED)[:6])

    def test_sessions_are_the_same_in_each_database(self):
        for words in SELECTED:
            one, other = (ask(config, 'traffic', 'sessions', *words) for config in self.configs.values())
            self.assertEqual(one, other, words)
            self.assertEqual([row['id'] for row in one],
                             [start for start, end in sorted(self.pairs.items()) if SELECTED[words](self.events[start]) and
                              (self.events[start].counters or self.samples[start] or (end and self.events[end].counters))], words)
        for row in one if words == () else ask(self.configs['postgresql'], 'traffic', 'sessions'):
            event, end = self.events[row['id']], self.events.get(self.pairs[row['id']])
            last = (end and end.counters) or (self.samples[event.id] or [(0, event.counters)])[-1][1]
            before = event.counters or (None, None)
            self.assertEqual((row['rx_bytes_before'], row['tx_bytes_before'], row['rx_bytes'], row['tx_bytes']), (*before[:2], *last[:2]))
            self.assertEqual(row['tx_bytes_during'], last[1] - before[1] if event.counters else None)
            self.assertEqual(row['sample'] and usec(row['sample']), self.samples[event.id][-1][0] if self.samples[event.id] else None)
            self.assertEqual(row['state'], 'closed' if end else 'open')
            self.assertEqual(row['key'], ','.join(event.keys) or None)
            self.assertEqual(row['method'], 'publickey' if event.keys else None)

    def test_keys_say_who_got_in_from_where(self):
        for words in SELECTED:
            expected, wanted = defaultdict(list), [word.removeprefix('SHA256:') for flag, word in zip(words, words[1:]) if flag == '--key']
            for event in self.events.values():
                for key in event.keys if SELECTED[words](event) or '!' in str(wanted) else []:
                    bare = key.removeprefix('SHA256:')
                    if f'!SHA256:{bare}' not in wanted and (bare in wanted or not [one for one in wanted if one[0] != '!']):
                        expected[key].append(event)
            if '--since' in words and '!' in str(wanted):
                expected = {key: [e for e in group if e.time >= MIDDLE] for key, group in expected.items()}
            rows = [{(row['key']): (row['sessions'], set(row['users']), set(row['addresses']), set(row['cert_ids']), row['cert_cas'],
                                    usec(row['first']), usec(row['last'])) for row in ask(config, 'keys', *words)}
                    for config in self.configs.values()]
            self.assertEqual(rows[0], rows[1], words)
            self.assertEqual(rows[0], {key: (len(group), {e.user for e in group} - {None}, {e.source for e in group} - {None},
                                             {f'id{e.id % 3}' for e in group}, [KEYS[3]], group[0].time, group[-1].time)
                                       for key, group in expected.items() if group}, words)
        self.assertEqual([row['key'] for row in ask(self.configs['sqlite3'], 'keys')], [row['key'] for row in sorted(
            ask(self.configs['postgresql'], 'keys'), key=lambda row: row['last'], reverse=True)])

    def test_a_key_selects_what_it_let_in_everywhere(self):
        for config in self.configs.values():
            for words in SELECTED:
                if '--key' in words:
                    opened = [e.id for e in self.events.values() if e.event == 'open_session' and SELECTED[words](e)]
                    self.assertEqual([row['id'] for row in ask(config, 'sessions', *words)], opened)
                    self.assertEqual([row['id'] for row in ask(config, 'last', *words)], opened[::-1])
                    if '!' not in str(words):       # of an event without a key that is true
                        self.assertEqual([row['id'] for row in ask(config, 'events', *words)], opened)
                        for what in ['top', 'total'], ['top', 'addresses'], ['top', 'users'], ['daily']:
                            rows = ask(config, *what, *words)
                            self.assertLessEqual(sum(row['events'] for row in rows), len(opened), what)
                        self.assertEqual([row['sessions'] for row in ask(config, 'top', 'total', *words)], [len(opened)] * bool(opened))

    def test_what_is_no_fingerprint_is_refused(self):
        for text in 'x', '', 'SHA256:short', '/root/.ssh/id.pub', ','.join(KEYS[:2]), KEYS[0] + '=':
            done = run(self.configs['sqlite3'], 'sessions', '--key', text)
            self.assertEqual(done.returncode, 2, text)
            self.assertIn('SHA256: and 43 characters', done.stderr)

    def test_sessions_say_how_they_were_opened_and_what_they_moved(self):
        for config in self.configs.values():
            moved = {row['id']: row for row in ask(config, 'traffic', 'sessions')}
            for row in ask(config, 'sessions'):
                keys = self.events[row['id']].keys
                self.assertEqual((row['method'], row['key'], row['cert_id'], row['cert_serial'], row['cert_ca']),
                                 ('publickey', ','.join(keys), f'id{row["id"] % 3}', '18446744073709551615', KEYS[3]) if keys else (None,) * 5)
                self.assertEqual([row['rx_bytes'], row['tx_bytes']],
                                 [moved[row['id']][name] if row['id'] in moved else None for name in ('rx_bytes', 'tx_bytes')])


class Gone(Programs):
    def test_a_session_that_the_sampler_did_not_find_is_gone(self):
        config = stored('sqlite3', self.folder / 'x', [
            f'iptracking/1 event=open_session time={BEGIN + number} user=u{number} host=far src=192.0.2.7 sport={number + 1} '
            f'dst=198.51.100.5 dport={22 + number // 2} pid={number + 1} service=sshd rx_bytes=1 tx_bytes=1\n' for number in range(3)])
        both = lambda: [[row['state'] for row in ask(config, *words)] for words in (['sessions'], ['traffic', 'sessions'])]
        self.assertEqual(both(), [['open'] * 3] * 2)
        database = sqlite3.connect(self.folder / 'x/state/iptracking.sqlite3')
        with database:
            database.execute(f"INSERT INTO sample VALUES (2, '{iso(BEGIN + HOUR)}', 5, 5, 5, 5)")
            database.execute(f"INSERT INTO sampled VALUES ('far', 22, '{iso(BEGIN + HOUR)}'), ('far', 23, '{iso(BEGIN)}')")
        database.close()
        self.assertEqual(both(), [['gone', 'open', 'open']] * 2)    # the third began after its port was sampled
        self.assertEqual([row['user'] for row in ask(config, 'sessions', '--open')], ['u1', 'u2'])
