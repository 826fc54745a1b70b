# SPDX-License-Identifier: GPL-2.0-or-later
"""Each event is counted once: in the status, in the log, and for Prometheus."""
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import urllib.request

from programs import DRIVERS, Programs, Sqlite, wait_until

EVENT = 'iptracking/1 event=auth user={} time=1763716655123456\n'
NODE_EXPORTER = '/usr/bin/prometheus-node-exporter'


class Counters(Programs):
    def wait_for(self, daemon, **expected):
        """Until the counters are these; the status says the same."""
        def found():
            now = daemon.counters()
            return now and {name: now.get(f'events_{name}') for name in expected} == expected
        wait_until(found, what=f'{expected}, found {daemon.counters()}')
        for name, number in expected.items():
            words = f"{number} {name.removesuffix('_total')}"
            if number or name in ('accepted_total', 'stored_total', 'waiting'):
                wait_until(lambda words=words: words in daemon.status(), what=f'the status: {words}')

    def test_what_is_accepted_is_stored_damaged_or_waits(self):
        for name, store_of in DRIVERS.items():
            with self.subTest(name):
                folder = self.sub(name)
                store = store_of(folder)
                daemon = self.daemon(folder=folder, passed=True, config=store.config)
                daemon.write(EVENT.format('a') * 19 + 'iptracking/1 event=sample dport=22\n' + 'garbage\n' * 3 + 'half a line')
                self.wait_for(daemon, accepted_total=23, stored_total=20, damaged_total=3, waiting=0)
                self.assertEqual(daemon.counters()['waiting_bytes'], len('half a line'))
                self.assertEqual(daemon.counters()[f'database_up{{driver="{name}"}}'], 1)
                self.assertAlmostEqual(daemon.counters()['last_event_timestamp_seconds'], 1763716655.123456, places=5,
                                       msg='a sample comes though nobody can log in any more')
                self.assertEqual((daemon.runtime / 'iptracking.prom').stat().st_mode & 0o777, 0o644)
                self.assertEqual(daemon.stop(), 0)
                self.assertIn('stopped: 23 accepted, 20 stored, 0 waiting (11 bytes), 3 damaged', daemon.said())
                self.assertEqual(daemon.counters(), {}, 'a daemon that is gone counts nothing')

    def test_what_waits_is_known_after_a_restart_and_a_reload(self):
        store = Sqlite(self.folder)
        daemon = self.daemon(passed=True, config=store.config)
        daemon.write(EVENT.format('first'))
        wait_until(lambda: store.count() == 1, what='the row')
        locker = sqlite3.connect(store.path)
        locker.execute('BEGIN IMMEDIATE')
        daemon.write(EVENT.format('b') * 100 + 'garbage\n')
        self.wait_for(daemon, accepted_total=102, stored_total=1, waiting=101)
        self.assertEqual(daemon.stop(), 0)
        daemon = self.daemon(passed=True, config=store.config)
        daemon.write(EVENT.format('c') * 10)
        self.wait_for(daemon, accepted_total=10, stored_total=0, waiting=111)
        self.assertEqual(daemon.counters()['database_up{driver="sqlite3"}'], 0)
        daemon.signal(signal.SIGHUP)
        daemon.wait_for_notification('RELOADING=1')
        self.wait_for(daemon, accepted_total=10, stored_total=0, waiting=111)
        locker.rollback()
        locker.close()
        self.wait_for(daemon, accepted_total=10, stored_total=110, damaged_total=1, waiting=0)
        daemon.signal(signal.SIGHUP)
        daemon.write(EVENT.format('d'))
        self.wait_for(daemon, accepted_total=11, stored_total=111, damaged_total=1, waiting=0)

    def test_what_callbacks_refused_is_told(self):
        daemon = self.daemon(config=Sqlite(self.folder).config)
        (self.folder / 'fifo.refused').write_bytes(b'.' * 7)
        (self.folder / 'fifo.lost').write_bytes(b'.' * 2)
        daemon.write(EVENT.format('x'))
        self.wait_for(daemon, accepted_total=1, refused_total=7, lost_total=2)

    def test_with_a_bad_configuration_it_counts_what_it_keeps(self):
        daemon = self.daemon(passed=True, config='nonsense: 1\n')
        daemon.write(EVENT.format('x') * 5)
        self.wait_for(daemon, accepted_total=5, stored_total=0, waiting=5)

    def test_without_a_runtime_directory_there_is_no_file_and_no_noise(self):
        daemon = self.daemon(config=Sqlite(self.folder).config, environment={'RUNTIME_DIRECTORY': '/nonexistent'})
        daemon.write(EVENT.format('x'))
        daemon.wait_for_status('1 stored')
        self.assertNotIn('Prometheus', daemon.said())

    def test_node_exporter_reads_them(self):
        if not os.path.exists(NODE_EXPORTER):
            self.skipTest(f'{NODE_EXPORTER} is not installed')
        daemon = self.daemon(config=Sqlite(self.folder).config)
        daemon.write(EVENT.format('x') * 9)
        self.wait_for(daemon, stored_total=9)
        collected = self.sub('collected')
        shutil.copy(daemon.runtime / 'iptracking.prom', collected)
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            address = '127.0.0.1:%d' % free.getsockname()[1]
        exporter = subprocess.Popen([NODE_EXPORTER, '--collector.disable-defaults', '--collector.textfile',
                                     f'--collector.textfile.directory={collected}', f'--web.listen-address={address}'],
                                    stderr=subprocess.PIPE, text=True)
        self.addCleanup(exporter.stderr.close)
        self.addCleanup(exporter.wait)
        self.addCleanup(exporter.kill)

        def scraped():
            try:
                return urllib.request.urlopen(f'http://{address}/metrics', timeout=5).read().decode()
            except OSError:
                return None
        text = wait_until(scraped, what='node_exporter')
        self.assertIn('node_textfile_scrape_error 0', text)
        self.assertRegex(text, r'(?m)^iptracking_events_stored_total 9$')
        self.assertRegex(text, r'(?m)^# TYPE iptracking_events_stored_total counter$')
        ours = re.findall(r'(?m)^(iptracking_\w+)', text)
        self.assertEqual(len(ours), len(set(ours)))
        self.assertEqual(len(ours), len(daemon.counters()))
