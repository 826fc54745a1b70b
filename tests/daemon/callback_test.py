# SPDX-License-Identifier: GPL-2.0-or-later
"""The callback: its lines, its statuses, its patience."""
import os
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from programs import CALLBACK, DRIVERS, SANITIZED, Programs, undo, wait_until

HOSTILE = {
    'with a blank': b'a b',
    'with a comma': b'x,y',
    'with quotes': b'"q"',
    'with SQL': b"'; DROP TABLE inet_log; --",
    'with a newline': b'a\nb',
    'with a backslash': b'a\\x41b\\',
    '300 bytes long': b'u' * 300,
    'of invalid UTF-8': b'\xff\xfe\xc3(\xa0',
    'that turns text round': 'a\u202eb'.encode(),
    'that looks like a key': b'x src=1.2.3.4',
    'that looks like a line': b'a iptracking/1 event=open_session user=root',
    'that is our first word': b'iptracking/1',
    'of control characters': bytes(range(1, 32)) + b'\x7f\xc2\x85',
    'of umlauts': 'äöü€😀'.encode(),
}


class Lines(Programs):
    """What it writes, read from the FIFO itself."""

    def setUp(self):
        super().setUp()
        self.fifo = self.folder / 'fifo'
        os.mkfifo(self.fifo)
        self.reader = os.open(self.fifo, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, self.reader)

    def line(self, *options, **pam):
        self.assertEqual(self.callback(self.fifo, *options, **pam), 0)
        data = os.read(self.reader, 65536)
        self.assertTrue(data.endswith(b'\n'))
        self.assertEqual(data.count(b'\n'), 1)
        words = data[:-1].decode('ascii').split(' ')
        self.assertEqual(words[0], 'iptracking/1')
        return dict(word.split('=', 1) for word in words[1:])

    def test_it_prefers_the_connection_of_ssh(self):
        line = self.line(SSH_CONNECTION='2001:db8::7 51234 198.51.100.5 22', PAM_RHOST='192.0.2.9', PAM_TTY='ssh')
        self.assertEqual((line['src'], line['sport'], line['dst'], line['dport']),
                         ('2001:db8::7', '51234', '198.51.100.5', '22'))
        self.assertEqual((line['event'], line['user'], line['service'], line['tty']), ('auth', 'somebody', 'sshd', 'ssh'))
        self.assertEqual(int(line['pid']), os.getpid())
        self.assertLess(abs(int(line['time']) - time.time() * 1e6), 60e6)
        self.assertNotIn('rhost', line)

    def test_it_takes_the_address_of_the_remote_host_without_one(self):
        line = self.line(PAM_RHOST='fe80::1%eth0', PAM_SERVICE='vsftpd')
        self.assertEqual(line['src'], 'fe80::1')
        self.assertNotIn('rhost', line)

    def test_it_takes_the_name_of_the_remote_host_where_there_is_no_address(self):
        line = self.line(PAM_RHOST='client.example.org')
        self.assertEqual(line['rhost'], 'client.example.org')
        self.assertNotIn('src', line)

    def test_it_does_not_believe_a_connection_that_is_none(self):
        for wrong in ('1.2.3.4 5 6.7.8.9', '1.2.3.4 5 6.7.8.9 22 x', '1.2.3.4 99999 6.7.8.9 22', 'x 5 y 22', ' ', '1.2.3 5 6.7.8.9 22'):
            with self.subTest(wrong):
                line = self.line(SSH_CONNECTION=wrong, PAM_RHOST='192.0.2.9')
                self.assertEqual(line['src'], '192.0.2.9')
                self.assertNotIn('sport', line)

    def test_it_records_local_services_without_an_address(self):
        line = self.line(PAM_SERVICE='su', PAM_TTY='/dev/pts/0', PAM_RUSER='alice', PAM_USER='root')
        self.assertEqual((line['service'], line['tty'], line['ruser'], line['user']), ('su', '/dev/pts/0', 'alice', 'root'))
        self.assertNotIn('src', line)

    def test_remote_only_leaves_local_services_out(self):
        self.assertEqual(self.callback(self.fifo, '--remote-only', PAM_SERVICE='su'), 4)
        self.assertEqual(self.line('--remote-only', PAM_RHOST='192.0.2.9')['src'], '192.0.2.9')

    def test_a_change_of_a_password_is_no_event(self):
        self.assertEqual(self.callback(self.fifo, PAM_TYPE='password'), 4)

    def test_names_that_are_too_long_are_cut_and_flagged(self):
        line = self.line(PAM_USER='u' * 20000)
        self.assertEqual((line['user'], line['cut']), ('u' * 512, 'user'))

    def test_the_longest_line_is_written_whole(self):
        long = b'\xff' * 20000
        line = self.line(PAM_USER=long, PAM_RHOST=long, PAM_TTY=long, PAM_RUSER=long, PAM_SERVICE=long,
                         SSH_CONNECTION='2001:db8:1111:2222:3333:4444:5555:6666 51234 2001:db8:1111:2222:3333:4444:5555:7777 22222')
        self.assertEqual(line['user'], '\\xff' * 512)
        self.assertEqual(line['cut'], 'user,service,tty,ruser,rhost')

    def test_a_half_written_pipe_title_of_sshd_gives_the_monitor(self):
        # "sshd: user [pam]" asks PAM in a child of the monitor.
        shell = ['bash', '-c', 'bash -c "exec -a \'sshd: alice [pam]\' bash -c \'$0 -p $1 -t 0; exit \\$?\' $0 $1" "$0" "$1"; echo $$',
                 str(CALLBACK), str(self.fifo)]
        for tty, is_monitor in (('ssh', True), ('/dev/pts/0', False)):     # of others a user chooses the parent's name
            with self.subTest(tty):
                monitor = subprocess.run(shell, check=True, stdout=subprocess.PIPE, env={
                    'PAM_TYPE': 'auth', 'PAM_USER': 'a', 'PAM_TTY': tty, 'PATH': os.environ['PATH']}).stdout.strip()
                words = os.read(self.reader, 4096).split()
                self.assertEqual(b'pid=' + monitor in words, is_monitor)


class Patience(Programs):
    """What it does when the pipe does not take the event."""

    def setUp(self):
        super().setUp()
        self.fifo = self.folder / 'fifo'

    def timed(self, *options):
        begin = time.monotonic()
        status = self.callback(self.fifo, *options)
        return status, time.monotonic() - begin

    def size(self, suffix):
        path = Path(f'{self.fifo}{suffix}')
        return path.stat().st_size if path.exists() else 0

    def fill(self):
        os.mkfifo(self.fifo)
        reader = os.open(self.fifo, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        try:
            while True:
                os.write(reader, b'x' * 4096)
        except BlockingIOError:
            return reader

    def test_without_an_event_it_says_so(self):
        self.assertEqual(subprocess.run([CALLBACK, '-p', self.fifo], env={}, check=False).returncode, 3)

    def test_wrong_options_have_a_status_of_their_own(self):
        for options in (['--nonsense'], ['-t', 'x'], ['-t', '-1'], ['-t', '3601'], ['-t'], ['-p', ''], ['word']):
            with self.subTest(options):
                done = subprocess.run([CALLBACK, *options], env={'PAM_TYPE': 'auth'}, capture_output=True, check=False)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (2, b'', b''))

    def test_a_missing_pipe_is_refused_at_once(self):
        status, seconds = self.timed('-t', '5')
        self.assertEqual(status, 10)
        self.assertLess(seconds, 2)
        self.assertEqual(self.size('.refused'), 1)

    def test_a_file_in_its_place_is_refused_at_once_and_not_written_to(self):
        self.fifo.write_text('mine')
        status, seconds = self.timed('-t', '5')
        self.assertEqual(status, 11)
        self.assertLess(seconds, 2)
        self.assertEqual(self.fifo.read_text(), 'mine')

    def test_a_folder_in_its_place_is_refused(self):
        self.fifo.mkdir()
        self.assertEqual(self.timed()[0], 11)

    def test_a_socket_in_its_place_is_refused_at_once(self):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.fifo))
            status, seconds = self.timed('-t', '5')
        self.assertEqual(status, 11)
        self.assertLess(seconds, 2)

    def test_a_limit_on_file_sizes_does_not_kill_it(self):
        done = subprocess.run(['/bin/sh', '-c', 'ulimit -f 0; exec "$0" -p "$1"', CALLBACK, self.fifo],
                              env={'PAM_TYPE': 'auth'}, check=False)
        self.assertEqual(done.returncode, 10)

    def test_a_pipe_without_a_reader_is_waited_for_once_a_minute(self):
        os.mkfifo(self.fifo)
        status, seconds = self.timed('-t', '1')
        self.assertEqual(status, 13)
        self.assertGreaterEqual(seconds, 0.99)   # it counts in milliseconds
        status, seconds = self.timed('-t', '5')
        self.assertEqual(status, 15)
        self.assertLess(seconds, 1)
        self.assertEqual(self.size('.refused'), 2)

    def test_a_full_pipe_is_waited_for_once_a_minute(self):
        self.fill()
        status, seconds = self.timed('-t', '1')
        self.assertEqual(status, 14)
        self.assertGreaterEqual(seconds, 0.99)   # it counts in milliseconds
        status, seconds = self.timed('-t', '5')
        self.assertEqual(status, 15)
        self.assertLess(seconds, 1)

    def test_it_waits_again_after_a_minute_and_not_for_a_time_that_is_to_come(self):
        self.fill()
        stalled = Path(f'{self.fifo}.stalled')
        stalled.touch()
        for age, status in ((30, 15), (61, 14), (-100, 14)):
            with self.subTest(age):
                os.utime(stalled, (time.time() - age,) * 2)
                self.assertEqual(self.timed('-t', '1')[0], status)

    def test_the_signals_that_end_a_session_do_not_end_it(self):
        reader = self.fill()
        callback = subprocess.Popen([CALLBACK, '-p', self.fifo, '-t', '20'], env={'PAM_TYPE': 'close_session'})
        ignored = Path(f'/proc/{callback.pid}/status')
        wait_until(lambda: 'SigIgn:\t' + '0' * 16 not in ignored.read_text(), what='its beginning')
        for number in (signal.SIGHUP, signal.SIGTERM):
            callback.send_signal(number)
        os.read(reader, 65536)
        self.assertEqual(callback.wait(20), 0)

    def test_room_that_comes_in_time_is_taken(self):
        reader = self.fill()
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(self.timed, '-t', '20')
            os.read(reader, 65536)
            status, seconds = waiting.result()
        self.assertEqual(status, 0)
        self.assertLess(seconds, 20)

    def test_without_patience_it_does_not_wait_and_warns_no_other(self):
        self.fill()
        status, seconds = self.timed('-t', '0')
        self.assertEqual(status, 14)
        self.assertLess(seconds, 1)
        self.assertFalse(Path(f'{self.fifo}.stalled').exists())

    def test_links_beside_the_pipe_are_not_followed(self):
        precious = self.folder / 'precious'
        precious.write_text('mine')
        for suffix in ('.stalled', '.refused', '.lost'):
            Path(f'{self.fifo}{suffix}').symlink_to(precious)
        before = precious.stat().st_mtime_ns
        self.assertEqual(self.timed('-t', '1')[0], 10)
        self.assertEqual((precious.read_text(), precious.stat().st_mtime_ns), ('mine', before))

    def test_what_nobody_has_is_counted_as_lost(self):
        if Path('/run/systemd/journal/socket').exists():
            self.skipTest('this machine has a journal')
        self.timed()
        self.assertEqual((self.size('.refused'), self.size('.lost')), (1, 1))
        self.assertEqual(Path(f'{self.fifo}.refused').stat().st_mode & 0o777, 0o644)


class Storing(Programs):
    """Through the real daemon into every store."""

    def test_every_hostile_name_is_stored_and_can_be_undone(self):
        for driver, store_of in DRIVERS.items():
            folder = self.sub(driver)
            store = store_of(folder)
            daemon = self.daemon(folder=folder, config=store.config)
            for name in HOSTILE.values():
                self.assertEqual(self.callback(daemon.fifo, PAM_USER=name), 0)
            self.assertEqual(self.callback(daemon.fifo, PAM_USER=''), 0)
            self.assertEqual(self.callback(daemon.fifo, PAM_USER=b'\xff' * 20000), 0)
            wait_until(lambda: store.count() == len(HOSTILE) + 2, what='all rows')
            rows = store.rows()
            for (what, name), row in zip(HOSTILE.items(), rows):
                with self.subTest(driver=driver, user=what):
                    self.assertEqual(undo(row['uid']), name)
                    self.assertEqual((row['event'], row['src'] or None, row['flags']), ('auth', None, 0))
                    self.assertFalse(any(ord(c) < 32 or 127 <= ord(c) < 160 for c in row['uid']))
            self.assertEqual((rows[-2]['uid'], rows[-2]['flags']), ('<<EMPTY>>', 1))
            self.assertEqual((undo(rows[-1]['uid']), rows[-1]['flags']), (b'\xff' * 512, 2))
            self.assertEqual(daemon.stop(), 0)

    def test_each_callback_is_one_row_however_many_at_once(self):
        crowds, count = [(driver, 200) for driver in DRIVERS], 400
        if not SANITIZED:   # that makes each start dear
            count = 2000
            crowds += [('csvfile', at_once) for at_once in (1, 8, 50)]
        for driver, at_once in crowds:
            with self.subTest(driver=driver, at_once=at_once):
                folder = self.sub(f'{driver}-{at_once}')
                store = DRIVERS[driver](folder)
                daemon = self.daemon(folder=folder, config=store.config)
                script = 'seq "$4" | xargs -P "$1" -I N env PAM_TYPE=auth PAM_USER=N PAM_RHOST=192.0.2.7 "$2" -p "$3" -t 20'
                subprocess.run(['/bin/sh', '-c', script, '-', str(at_once), CALLBACK, daemon.fifo, str(count)], check=True)
                wait_until(lambda: store.count() >= count, what='all rows')
                self.assertEqual(sorted(int(row['uid']) for row in store.rows()), list(range(1, count + 1)))
                self.assertEqual(daemon.stop(), 0)
