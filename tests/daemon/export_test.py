# SPDX-License-Identifier: GPL-2.0-or-later
"""What `db export` writes other programs read, and another database takes."""
import csv
import io
import json
import subprocess
import unittest

from client_test import Client
from programs import BUILD, DRIVERS, SANITIZED, Run, Sqlite, undo

CLIENT = BUILD / 'src/client/iptracking'
NAMES = ('time event outcome user source source_port destination destination_port service tty host pid ruser rhost origin flags '
         'method key cert_id cert_serial cert_ca rx_bytes tx_bytes rx_packets tx_packets id').split()
ROWS = """SELECT dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, service, tty, ruser, rhost,
                 host, flags, rx_bytes, tx_bytes, rx_packets, tx_packets, auth_method, auth_key, cert_id, cert_serial, cert_ca
          FROM inet_log ORDER BY log_date, id"""
HOSTILE = ['a b', '=1+1', 'x,"y"', '\x1b[31m', '\u202eevil', 'back\\slash', '\\x41', 'bad\udcff', 'iptracking/1 event=auth', '<script>', 'ü']


COUNTED = 'rx_bytes=0 tx_bytes=72057594037927936 rx_packets=3 tx_packets=4'
CERTIFICATE = r'auth_method=publickey auth_key=SHA256:k cert_id=a\x20b\x01 cert_serial=18446744073709551615 cert_ca=SHA256:c'


def escaped(text):
    return ''.join(f'\\x{byte:02x}' for byte in text.encode(errors='surrogateescape'))


LINES = [
    'iptracking/1 event=auth time=1794787200000001 user=alice src=192.0.2.7 sport=51234 dst=198.51.100.5 dport=22 pid=77 '
    'service=sshd tty=ssh host=www',
    'iptracking/1 event=account time=1794787200000002 user=alice src=192.0.2.7 sport=51234 dst=198.51.100.5 dport=22 pid=77 '
    'service=sshd tty=ssh host=www',
    'iptracking/1 event=auth time=1794787200000003 outcome=failure user= src=2001:db8::7 service=sshd cut=user,ruser ruser=root host=www',
    f'iptracking/1 event=close_session time=1794787200000004 {COUNTED} rhost=a.example tty= host=www auth_info=publickey\\x20ssh-ed25519'
    r'\x20AAAAC3NzaC1lZDI1NTE5AAAAIMaKlsHTvtKm36UsHRHX1aqV+9dDuErbnXzJYtU8Nu62\x0apassword\x0a',
    f'iptracking/1 event=door_opened time=1794787200000005 user=bob host=www {CERTIFICATE} cut=auth_info',
    *(f'iptracking/1 event=auth time={1794787200000010 + number} user={escaped(name)} ruser={escaped(name)} host=www'
      for number, name in enumerate(HOSTILE))]
GOLDEN = [
    'iptracking/1 event=auth time=1794787200000001 outcome=attempt user=alice src=192.0.2.7 sport=51234 dst=198.51.100.5 dport=22 '
    'pid=77 service=sshd tty=ssh host=www',
    'iptracking/1 event=auth time=1794787200000002 outcome=success user=alice src=192.0.2.7 sport=51234 dst=198.51.100.5 dport=22 '
    'pid=77 service=sshd tty=ssh host=www',
    'iptracking/1 event=auth time=1794787200000003 outcome=failure user= src=2001:db8::7 service=sshd ruser=root host=www '
    'cut=user,service',
    f'iptracking/1 event=close_session time=1794787200000004 {COUNTED} tty= rhost=a.example host=www auth_method=publickey,password '
    'auth_key=SHA256:BJaqB0Gma+1/iEpytM+poiIGkKc9tar/GVjoZVp72Bw',
    f'iptracking/1 event=unknown time=1794787200000005 user=bob host=www {CERTIFICATE} cut=auth_info']


class Exporting(Client):
    def run_with(self, folder, driver, lines):
        run = Run(self, folder, driver)
        run.daemon.write(''.join(f'{line}\n' for line in lines))
        run.sent += len(lines)
        run.wait_until_stored()
        return run

    def export(self, run, *words, status=0):
        config = self.configure(run.store.config)
        done = subprocess.run([CLIENT, '-c', config, 'db', 'export', *words], capture_output=True, check=False, timeout=60,
                              env={'TZ': 'America/New_York'})
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout.decode()


class Formats(Exporting):
    def setUp(self):
        super().setUp()
        self.kept = self.run_with(self.folder, 'sqlite3', LINES)

    def test_lines_are_those_of_iptracking_line(self):
        self.assertEqual(self.export(self.kept, '-o', 'lines').splitlines()[:len(GOLDEN)], GOLDEN)

    def test_csv_is_the_default_and_has_a_header(self):
        rows = list(csv.DictReader(io.StringIO(self.export(self.kept), newline=''), strict=True))
        self.assertEqual(list(rows[0]), NAMES)
        self.assertEqual(len(rows), len(LINES))
        self.assertEqual(rows[0]['time'], '2026-11-16T00:00:00.000001Z')     # in UTC, wherever it is asked
        self.assertEqual((rows[2]['user'], rows[2]['flags'], rows[3]['user']), ('', '7', ''))

    def test_json_lines_are_typed_and_hold_what_was_typed(self):
        rows = [json.loads(line) for line in self.export(self.kept, '-o', 'json-lines').splitlines()]
        self.assertEqual(list(rows[0]), NAMES)
        self.assertEqual((rows[0]['source_port'], rows[0]['origin'], rows[2]['user'], rows[3]['user']), (51234, None, '', None))
        self.assertEqual([undo(row['user']).decode(errors='surrogateescape') for row in rows[5:]], HOSTILE)

    def test_a_selection_is_exported_as_it_is_shown(self):
        said = self.export(self.kept, '-o', 'lines', '--user', 'alice', '--outcome', 'success').splitlines()
        self.assertEqual(said, [GOLDEN[1]])
        self.assertEqual(len(self.export(self.kept, '-o', 'lines', '-S', '2026-11-15', '-U', '2026-11-17').splitlines()), len(LINES))
        self.assertEqual(self.export(self.kept, '-o', 'lines', '--user', 'nobody', status=1), '')
        self.assertEqual(self.export(self.kept, '-o', 'table', status=2), '')

    def test_a_truncated_address_is_none_any_more(self):
        self.client('db', 'purge', '--truncate-addresses', '--before', '2026-11-20', config=self.kept.store.config)
        said = self.export(self.kept, '-o', 'lines').splitlines()
        self.assertEqual(said[0], GOLDEN[0].replace('src=192.0.2.7 sport=51234 ', 'rhost=192.0.2.0/24 '))
        self.assertNotIn('a.example', said[3])


class RoundTrip(Exporting):
    def test_what_is_exported_as_lines_makes_the_same_rows_in_another_database(self):
        run = self.run_with(self.folder, 'sqlite3', LINES)
        exported = self.export(run, '-o', 'lines')
        again = self.run_with(self.sub('again'), 'sqlite3', exported.splitlines())
        self.assertEqual(again.store.query(ROWS), run.store.query(ROWS))

    def test_an_import_of_these_lines_adds_the_same_rows_and_no_second_time(self):
        run = self.run_with(self.folder, 'sqlite3', LINES)
        lines = self.folder / 'exported'
        lines.write_text(self.export(run, '-o', 'lines'))
        again = Sqlite(self.sub('again'))
        again.path.parent.mkdir()
        self.client('db', 'init', config=again.config)
        for _ in range(2):
            self.client('db', 'import', '--lines', str(lines), config=again.config)
            self.assertEqual(again.query(ROWS), run.store.query(ROWS))
        self.assertEqual(again.query('SELECT DISTINCT origin FROM inet_log'), [(None,)])

    def test_all_databases_give_the_same(self):
        given = {}
        for driver in DRIVERS:
            store = DRIVERS[driver](self.sub(driver))
            if driver == 'postgresql':      # the role of the daemon may not read
                store.keywords['client'] = {'user': 'postgres'}
            given[driver] = self.export(self.run_with(self.folder / driver, store, LINES), '-o', 'lines')
        for driver, lines in given.items():
            wanted = given['sqlite3']
            if driver == 'csvfile':         # which does not tell an empty text from none
                wanted = wanted.replace(' tty= ', ' ')
            self.assertEqual(lines, wanted, driver)


@unittest.skipIf(SANITIZED, 'a sanitizer takes memory of its own')
class Memory(Exporting):
    def test_it_stays_flat(self):
        run = self.run_with(self.folder, Sqlite(self.folder),
                            [f'iptracking/1 event=auth time={1794787200000000 + number} user=u{number} host=www' for number in range(200_000)])
        config = self.configure(run.store.config)
        done = subprocess.run(['prlimit', f'--data={48 << 20}', CLIENT, '-c', config, 'db', 'export', '-o', 'json-lines'],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, b''))
        self.assertEqual(done.stdout.count(b'\n'), 200_000)
