# SPDX-License-Identifier: GPL-2.0-or-later
"""Start, signals, reload, end."""
import os
import signal
import stat
import subprocess
from pathlib import Path

from programs import DAEMON, DRIVERS, Csv, Programs, Sqlite, wait_until

EVENT = 'iptracking/1 event=auth user={}\n'


class Start(Programs):
    def test_it_makes_the_pipe_where_it_is_asked_to(self):
        daemon = self.daemon('-m')
        mode = os.stat(daemon.fifo).st_mode
        self.assertTrue(stat.S_ISFIFO(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o660)

    def refused(self, *options, config='', environment=None):
        path = self.folder / 'iptracking.yml'
        path.write_text(f'fifo-file: {self.folder}/fifo\n{config}')
        state = self.folder / 'state'
        state.mkdir(exist_ok=True)
        done = subprocess.run([DAEMON, '-c', path, *options], capture_output=True, text=True, check=False, timeout=30,
                              env={'STATE_DIRECTORY': str(state), **(environment or {})})
        return done.returncode, done.stderr

    def test_without_a_pipe_it_says_which_is_missing(self):
        status, said = self.refused()
        self.assertEqual((status, said), (1, f"iptracking-daemon: cannot open '{self.folder}/fifo': No such file or directory\n"))

    def test_a_file_in_the_place_of_the_pipe_is_refused(self):
        (self.folder / 'fifo').write_text('')
        status, said = self.refused('-m')
        self.assertEqual((status, said), (1, f"iptracking-daemon: '{self.folder}/fifo' is not a named pipe\n"))

    def test_a_bad_configuration_has_the_status_ex_config_and_a_place(self):
        status, said = self.refused('-m', config='log-pool:\n  records:\n    max: many\n')
        self.assertEqual(status, 78)
        self.assertEqual(said, f"iptracking-daemon: {self.folder}/iptracking.yml:4:10: 'log-pool.records.max' must be a "
                               'number from 0 to 1048576\n')

    def test_a_configuration_that_was_asked_for_must_be_there(self):
        done = subprocess.run([DAEMON, '-c', self.folder / 'none.yml'], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("none.yml': No such file", done.stderr)

    def test_the_second_daemon_says_who_has_the_lock(self):
        first = self.daemon()
        status, said = self.refused()
        self.assertEqual(status, 1)
        self.assertIn(f'process {first.process.pid}', said)

    def test_wrong_options_are_named(self):
        for options, words in ((['--nonsense'], "'--nonsense'"), (['-x'], "'-x'"), (['word'], "'word'"), (['-c'], "'-c'")):
            with self.subTest(options):
                done = subprocess.run([DAEMON, *options], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn(words, done.stderr)

    def test_help_lists_the_drivers(self):
        done = subprocess.run([DAEMON, '--help'], capture_output=True, text=True, check=True)
        self.assertIn('Drivers in this build: csvfile', done.stdout)


class Passed(Programs):
    """Started as systemd does it."""

    def test_it_is_ready_before_it_has_a_configuration_or_a_database(self):
        daemon = self.daemon(passed=True, config='nonsense: 1\n')
        daemon.wait_for_status('bad configuration')
        self.assertEqual(daemon.notifications[0], 'READY=1')

    def test_with_a_bad_configuration_it_keeps_what_comes_until_it_is_mended(self):
        for name, store_of in DRIVERS.items():
            with self.subTest(name):
                folder = self.sub(name)
                store = store_of(folder)
                daemon = self.daemon(folder=folder, passed=True, config='nonsense: 1\n')
                said = daemon.wait_for_status('bad configuration')
                self.assertIn(f"{daemon.config}:2:1: unknown key 'nonsense'", said)
                daemon.write(''.join(EVENT.format(number) for number in range(20000)))
                sent = sum(len(EVENT.format(number)) for number in range(20000))
                daemon.wait_for_status(f'20000 waiting ({sent} bytes)')
                daemon.config.write_text(store.config)
                daemon.signal(signal.SIGHUP)
                wait_until(lambda: store.count() == 20000, 60, 'all rows')
                self.assertEqual([int(row['uid']) for row in store.rows()], list(range(20000)))
                self.assertEqual(daemon.stop(), 0)

    def test_it_refuses_a_descriptor_that_is_no_pipe(self):
        script = 'exec 3</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0"'
        done = subprocess.run(['/bin/sh', '-c', script, DAEMON], capture_output=True, text=True, check=False,
                              env={'STATE_DIRECTORY': str(self.folder)})
        self.assertEqual(done.returncode, 1)
        self.assertIn('not a named pipe', done.stderr)

    def test_it_serves_the_watchdog(self):
        daemon = self.daemon(passed=True, environment={'WATCHDOG_USEC': '200000'})
        wait_until(lambda: daemon.notifications.count('WATCHDOG=1') >= 3, what='three pings')


class End(Programs):
    def test_sigterm_stores_what_is_in_the_pipe(self):
        for name, store_of in DRIVERS.items():
            with self.subTest(name):
                folder = self.sub(name)
                store = store_of(folder)
                daemon = self.daemon(folder=folder, config=store.config)
                wait_until(lambda: 'storing events' in daemon.said(), what='the database')
                daemon.signal(signal.SIGSTOP)
                daemon.write(''.join(EVENT.format(number) for number in range(5000)))
                daemon.process.terminate()
                daemon.signal(signal.SIGCONT)
                self.assertEqual(daemon.wait(), 0)
                self.assertIn('STOPPING=1', daemon.notifications)
                self.assertEqual([int(row['uid']) for row in store.rows()], list(range(5000)))

    def test_a_kill_at_any_time_loses_and_doubles_nothing(self):
        for name, store_of in DRIVERS.items():
            with self.subTest(name):
                folder = self.sub(name)
                store = store_of(folder)
                sent = 0
                holder = None
                for _ in range(10):
                    daemon = self.daemon(folder=folder, passed=True, config=store.config)
                    holder = holder or os.open(daemon.fifo, os.O_RDWR | os.O_NONBLOCK)   # as systemd does
                    self.addCleanup(lambda fd=holder: None)
                    for _ in range(20):
                        daemon.write(''.join(EVENT.format(number) for number in range(sent, sent + 200)))
                        sent += 200
                    daemon.kill()
                daemon = self.daemon(folder=folder, passed=True, config=store.config)
                wait_until(lambda: store.count() >= sent, 60, 'all rows')
                self.assertEqual([int(row['uid']) for row in store.rows()], list(range(sent)))
                self.assertEqual(daemon.stop(), 0)
                os.close(holder)


class Reload(Programs):
    def test_a_bad_file_is_refused_and_the_old_one_stays(self):
        store = Sqlite(self.folder)
        daemon = self.daemon(config=store.config)
        daemon.config.write_text('database: {driver-name: csvfile, filname: x}\n')
        daemon.signal(signal.SIGHUP)
        said = daemon.wait_for_status('the new one is bad')
        self.assertIn("unknown key 'database.filname'; the nearest known one is 'filename'", said)
        daemon.write(EVENT.format('still'))
        wait_until(lambda: store.count() == 1, what='the row')

    def test_a_pipe_in_the_place_of_the_file_is_refused_at_once(self):
        store = Sqlite(self.folder)
        daemon = self.daemon(config=store.config)
        daemon.config.unlink()
        os.mkfifo(daemon.config)
        daemon.signal(signal.SIGHUP)
        daemon.wait_for_status('is not a regular file')
        daemon.write(EVENT.format('still'))
        wait_until(lambda: store.count() == 1, what='the row')

    def test_it_tells_systemd_that_it_reloads_and_is_ready_again(self):
        daemon = self.daemon(config=Sqlite(self.folder).config)
        daemon.signal(signal.SIGHUP)
        daemon.wait_for_notification('RELOADING=1')
        wait_until(lambda: 'READY=1' in daemon.notifications[daemon.notifications.index('RELOADING=1'):], what='READY=1')
        self.assertTrue(any(line.startswith('MONOTONIC_USEC=') for line in daemon.notifications))

    def test_another_driver_gets_what_follows(self):
        old, new = Sqlite(self.folder), Csv(self.folder)
        daemon = self.daemon(config=old.config)
        daemon.write(EVENT.format('before'))
        wait_until(lambda: old.count() == 1, what='the row')
        daemon.config.write_text(f'fifo-file: {daemon.fifo}\n{new.config}')
        daemon.signal(signal.SIGHUP)
        wait_until(lambda: 'it gets what follows' in daemon.said(), what='the message')
        daemon.write(EVENT.format('after'))
        wait_until(lambda: new.count() == 1, what='the line')
        self.assertEqual(([row['uid'] for row in old.rows()], [row['uid'] for row in new.rows()]), (['before'], ['after']))

    def test_a_rotated_csvfile_is_opened_anew(self):
        store = Csv(self.folder)
        daemon = self.daemon(config=store.config)
        daemon.write(EVENT.format(1))
        wait_until(lambda: store.count() == 1, what='the first line')
        renamed = Path(f'{store.path}.1')
        store.path.rename(renamed)
        daemon.write(EVENT.format(2))
        wait_until(lambda: renamed.read_bytes().count(b'\n') == 2, what='the second line in the renamed file')
        daemon.signal(signal.SIGHUP)
        wait_until(store.path.exists, what='the new file')
        daemon.write(EVENT.format(3))
        wait_until(lambda: store.count() == 1, what='the third line in the new file')
        self.assertEqual(store.path.stat().st_mode & 0o777, 0o640)

    def test_a_csvfile_that_was_copied_and_emptied_goes_on_without_a_hole(self):
        store = Csv(self.folder)
        daemon = self.daemon(config=store.config)
        daemon.write(EVENT.format(1) * 50)
        wait_until(lambda: store.count() == 50, what='the lines')
        os.truncate(store.path, 0)
        daemon.write(EVENT.format(2))
        wait_until(lambda: store.count() == 1, what='the line behind')
        self.assertNotIn(b'\0', store.path.read_bytes())

    def test_a_header_stands_once_at_the_top_of_each_file(self):
        store = Csv(self.folder)
        config = store.config.replace('}', ', header: yes}')
        for _ in range(2):
            daemon = self.daemon(config=config)
            before = store.count()
            daemon.write(EVENT.format('x'))
            wait_until(lambda: store.count() > before, what='the line')
            daemon.stop()
        lines = store.path.read_text().splitlines()
        self.assertEqual(lines[0], 'dst_ipaddr,src_ipaddr,src_port,log_event,sshd_pid,uid,log_date,dst_port,outcome,'
                                   'service,tty,ruser,rhost,host,flags,rx_bytes,tx_bytes,rx_packets,tx_packets,'
                                   'auth_method,auth_key,cert_id,cert_serial,cert_ca')
        self.assertEqual(len(lines), 3)


class Check(Programs):
    def check(self, config, **environment):
        path = self.folder / 'c.yml'
        path.write_text(config)
        return subprocess.run([DAEMON, '-c', path, '--check'], capture_output=True, text=True, check=False,
                              env={'STATE_DIRECTORY': str(self.folder), **environment})

    def test_it_says_what_the_configuration_means_and_changes_nothing(self):
        done = self.check('retention: 90d\nlog-pool: {max-bytes: 1M}\n')
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r'driver +sqlite3\n')
        self.assertIn('at most 1048576 bytes wait on disk', done.stdout)
        self.assertRegex(done.stdout, r'retention +2160 hours\n')
        self.assertRegex(done.stdout, r'database .*iptracking.sqlite3: will be made\n')
        self.assertEqual([path.name for path in self.folder.iterdir()], ['c.yml'])

    def test_it_prints_the_drop_in_for_a_file_elsewhere(self):
        elsewhere = self.sub('elsewhere')
        done = self.check(f'database: {{driver-name: csvfile, filename: {elsewhere}/x.csv}}\n', STATE_DIRECTORY='/var/lib/iptracking')
        self.assertEqual(done.returncode, 0)
        self.assertIn(f'[Service]\nReadWritePaths={elsewhere}\n', done.stdout)

    def test_it_refuses_a_bad_configuration_with_ex_config(self):
        done = self.check('retention: soon\n')
        self.assertEqual(done.returncode, 78)
        self.assertIn("c.yml:1:12: 'retention' must be an age", done.stderr)

    def test_it_says_why_a_database_cannot_be_used(self):
        done = self.check('database: {driver-name: csvfile, filename: /nonexistent/x.csv}\n')
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot open '/nonexistent': No such file or directory", done.stderr)
