# SPDX-License-Identifier: GPL-2.0-or-later
"""The timers: off unless they are asked for; what they start works in its sandbox, beside the daemon."""
import grp
import os
import pwd
import socket
import time
import unittest
from pathlib import Path

import database
import machine
from machine import CONFIGURATION, STATE, output, property_of, run, systemctl, wait_until, write_line

DAY = 86400
PURGE, REPORT, SAMPLER = 'iptracking-purge', 'iptracking-report', 'iptracking-sampler'
EXPOSURE = {PURGE: 4, REPORT: 4, SAMPLER: 8}     # of 100; the sampler needs the network and the kernel's answers


def journal_of(unit):
    run('journalctl', '--sync')
    return output('journalctl', '--quiet', '--output=cat', '-u', unit)


class Timers(unittest.TestCase):
    def test_they_are_installed_but_off(self):
        for name in EXPOSURE:
            self.assertEqual(output('systemctl', 'is-enabled', f'{name}.timer'), 'disabled')
            self.assertFalse(machine.is_active(f'{name}.timer'))
            self.assertEqual(output('systemctl', 'is-enabled', f'{name}.service'), 'static')

    def test_one_that_is_enabled_knows_when_it_is_due(self):
        for name in EXPOSURE:
            systemctl('enable', '--now', '--quiet', f'{name}.timer')
            self.addCleanup(systemctl, 'disable', '--now', '--quiet', f'{name}.timer')
            self.assertTrue(wait_until(lambda: property_of(f'{name}.timer', 'NextElapseUSecRealtime'), what='its time'))
            self.assertEqual(property_of(f'{name}.timer', 'Unit'), f'{name}.service')

    def test_systemd_analyze_verify_has_nothing_to_say(self):
        units = [f'{name}.{kind}' for name in EXPOSURE for kind in ('timer', 'service')]
        has_pages = any(Path('/usr/share/man/man8').glob('iptracking-sampler.8*'))   # they are an option
        done = run('systemd-analyze', 'verify', f'--man={"yes" if has_pages else "no"}', *units)
        self.assertEqual(done.stdout + done.stderr, '')

    def test_the_exposure_of_what_they_start_is_small(self):
        for name, most in EXPOSURE.items():
            unit = property_of(f'{name}.service', 'FragmentPath')
            done = run('systemd-analyze', 'security', '--no-pager', '--offline=yes', f'--threshold={most}', unit)
            print(done.stdout.strip().rsplit('\n', 1)[-1], flush=True)


class Started(unittest.TestCase):
    def setUp(self):
        template = CONFIGURATION.read_bytes()
        self.addCleanup(CONFIGURATION.write_bytes, template)
        self.addCleanup(systemctl, 'reset-failed', f'{PURGE}.service', f'{REPORT}.service', check=False)

    def test_the_purge_removes_what_is_older_than_the_retention_while_the_daemon_records(self):
        CONFIGURATION.write_text(CONFIGURATION.read_text() + '\nretention: 30d\n')
        for age in 40, 31, 29, 0:
            write_line(f'event=auth user=aged-{age} service=test time={int((time.time() - age * DAY) * 1e6)}')
        database.wait_for_all()
        with machine.Writer('meanwhile') as writer:
            systemctl('start', f'{PURGE}.service')
        database.wait_for_all()
        self.assertEqual([database.count(f'aged-{age}') for age in (40, 31, 29, 0)], [0, 0, 1, 1])
        self.assertEqual(database.count('meanwhile'), writer.written)
        self.assertRegex(journal_of(f'{PURGE}.service'), '2 events before .* were removed')

    def test_the_report_is_written_where_the_group_can_read_it(self):
        write_line('event=auth user=reported src=192.0.2.7 service=test')
        database.wait_for_all()
        page = STATE / 'report.html'
        for _ in range(2):      # it replaces what is there
            systemctl('start', f'{REPORT}.service')
            self.assertIn('reported', page.read_text())
            found = page.stat()
            self.assertEqual((found.st_mode & 0o777, found.st_uid, found.st_gid),
                             (0o640, pwd.getpwnam('iptracking').pw_uid, grp.getgrnam('iptracking').gr_gid))

    def test_a_purge_without_a_retention_fails_and_says_what_is_missing(self):
        self.assertNotEqual(systemctl('start', f'{PURGE}.service', check=False).returncode, 0)
        self.assertIn("'retention'", journal_of(f'{PURGE}.service'))

    def test_the_sampler_tells_of_what_is_open_as_nobody_in_particular(self):
        pipe = Path('/run/sampled.fifo')
        os.mkfifo(pipe, 0o600)
        self.addCleanup(pipe.unlink)
        reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        with socket.create_server(('127.0.0.1', 0)) as listener, socket.create_connection(listener.getsockname()) as client:
            port = listener.getsockname()[1]
            machine.drop_in(f'{SAMPLER}.service', f'[Service]\nExecStart=\nExecStart=/usr/libexec/{SAMPLER} --port=22 --port={port}\n'
                                                  f'StandardOutput=append:{pipe}\n')
            self.addCleanup(machine.mend)
            systemctl('start', f'{SAMPLER}.service')
            sample, of_port = [line for line in os.read(reader, 65536).decode().splitlines() if f' dport={port}' in line]
            self.assertIn(f' src=127.0.0.1 sport={client.getsockname()[1]} ', sample)
        self.assertRegex(sample, ' rx_bytes=0 tx_bytes=0 rx_packets=[0-9]+ tx_packets=[0-9]+$')
        self.assertNotIn(' src=', of_port)
        self.assertEqual(property_of(f'{SAMPLER}.service', 'DynamicUser'), 'yes')
        self.assertEqual(property_of(f'{SAMPLER}.service', 'Result'), 'success')
