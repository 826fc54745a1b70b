# SPDX-License-Identifier: GPL-2.0-or-later
"""The sandbox of the daemon refuses what it should, and the programs are built to withstand."""
import json
import os
import pwd
import re
import shutil
import stat
import sys
import unittest
from pathlib import Path

import machine
from machine import CALLBACK, SERVICE, output, run, systemctl, wait_until

DAEMON = '/usr/sbin/iptracking-daemon'
SAMPLER = '/usr/libexec/iptracking-sampler'
FOLDERS = {'STATE_DIRECTORY': '/var/lib/iptracking', 'LOGS_DIRECTORY': '/var/log/iptracking',
           'RUNTIME_DIRECTORY': '/run/iptracking'}
PROBE = Path('/run/probe.py')


class Running(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        machine.callback('anybody')
        wait_until(machine.is_active, what='the daemon')
        cls.pid = machine.main_pid()

    @staticmethod
    def status(pid):
        return dict(line.split(':\t', 1) for line in Path(f'/proc/{pid}/status').read_text().splitlines())

    def test_it_is_nobody_and_may_do_nothing(self):
        fields = self.status(self.pid)
        self.assertEqual(set(fields['Uid'].split()), {str(pwd.getpwnam('iptracking').pw_uid)})
        self.assertNotEqual(fields['Uid'].split()[0], '0')
        self.assertEqual({fields[f'Cap{which}'] for which in ('Inh', 'Prm', 'Eff', 'Bnd', 'Amb')}, {'0' * 16})
        self.assertEqual(fields['NoNewPrivs'], '1')

    def test_its_system_calls_are_filtered_by_more_than_what_this_machine_filters(self):
        fields = self.status(self.pid)
        self.assertEqual(fields['Seccomp'], '2')
        if 'Seccomp_filters' in fields:         # from Linux 5.9 on
            self.assertGreater(int(fields['Seccomp_filters']), int(self.status(1)['Seccomp_filters']) + 10)

    def test_its_name_spaces_are_its_own(self):
        for kind in ('mnt', 'net', 'user', 'ipc', 'uts'):
            self.assertNotEqual(os.readlink(f'/proc/{self.pid}/ns/{kind}'), os.readlink(f'/proc/1/ns/{kind}'), kind)

    def test_no_memory_of_it_is_both_writable_and_executable(self):
        maps = Path(f'/proc/{self.pid}/maps').read_text()
        self.assertIn(DAEMON, maps)
        self.assertEqual(re.findall(r'.* .wx. .*', maps), [])


class Sandbox(unittest.TestCase):
    """A probe in the place of the daemon; and outside as the same user, who could do most of it there."""
    REFUSED = {
        'a socket of AF_INET': 'EAFNOSUPPORT',
        'a socket of AF_INET6': 'EAFNOSUPPORT',
        'a socket of AF_NETLINK': 'EAFNOSUPPORT',
        'a socket of AF_PACKET': 'EAFNOSUPPORT',
        'writing to /etc': 'EROFS',
        'writing to /usr': 'EROFS',
        'writing to /var/lib': 'EROFS',
        'reading /home': 'EACCES',
        'reading /root': 'EACCES',
        'reading /run/user': 'EACCES',
        'mount': 'EPERM',
        'umount': 'EPERM',
        'unshare of users': 'EPERM',
        'unshare of the network': 'EPERM',
        'io_uring': 'EPERM',
        'ptrace': 'EPERM',
        'making a setuid file': 'EPERM',
        'making a file setuid': 'EPERM',
        'memory to write and execute': 'EPERM',
        'written memory to execute': 'EPERM',
        'realtime scheduling': 'EPERM',
        'another personality': 'EPERM',
        'opening /dev/sda': 'ENOENT',
        'opening /dev/kmsg': 'ENOENT',
        'reading /proc/1': 'ENOENT',
        'reading /proc/meminfo': 'ENOENT',
    }
    WORKS_OUTSIDE = {
        'a socket of AF_INET', 'a socket of AF_NETLINK', 'reading /home', 'reading /root', 'reading /run/user', 'ptrace',
        'making a setuid file', 'making a file setuid', 'memory to write and execute', 'written memory to execute',
        'another personality', 'reading /proc/1', 'reading /proc/meminfo',
    }
    # Nodes that the user could open; whether there is such a device is another question.
    DEVICES = {'/dev/sda': (stat.S_IFBLK, 8, 0), '/dev/kmsg': (stat.S_IFCHR, 1, 11)}

    @classmethod
    def setUpClass(cls):
        shutil.copy(Path(__file__).with_name('probe.py'), PROBE)
        cls.addClassCleanup(PROBE.unlink)
        for path, (kind, major, minor) in cls.DEVICES.items():
            if not os.path.exists(path):
                os.mknod(path, kind, os.makedev(major, minor))
                os.chmod(path, 0o666)
                cls.addClassCleanup(os.unlink, path)
        cls.addClassCleanup(os.chmod, '/root', os.stat('/root').st_mode)
        os.chmod('/root', 0o755)
        cls.addClassCleanup(machine.mend)
        machine.callback('makes-the-folders')
        wait_until(machine.is_active, what='the daemon')
        systemctl('stop', SERVICE)
        cls.inside = cls.probe(lambda: cls.run_inside())
        cls.outside = cls.probe(lambda: cls.run_outside())

    @staticmethod
    def probe(way):
        result = machine.STATE / 'probe.json'
        result.unlink(missing_ok=True)
        way()
        try:
            return json.loads(result.read_text())
        finally:
            result.unlink()

    @staticmethod
    def run_inside():
        machine.drop_in(SERVICE, f'''[Service]
Type=oneshot
Restart=no
ExecStart=
ExecStart={sys.executable} {PROBE}
''')
        systemctl('start', SERVICE)

    @staticmethod
    def run_outside():
        user = pwd.getpwnam('iptracking')
        Path(FOLDERS['RUNTIME_DIRECTORY']).mkdir(exist_ok=True)     # the service takes it away at its end
        os.chown(FOLDERS['RUNTIME_DIRECTORY'], user.pw_uid, user.pw_gid)
        run('setpriv', f'--reuid={user.pw_uid}', f'--regid={user.pw_gid}', '--clear-groups',
            sys.executable, PROBE, env={**os.environ, **FOLDERS})

    def test_each_step_out_of_it_is_refused(self):
        print(', '.join(f'{what}: {self.inside["steps"].get(what)}' for what in self.REFUSED), flush=True)
        for what, why in self.REFUSED.items():
            with self.subTest(what):
                self.assertEqual(self.inside['steps'][what], why)

    def test_outside_the_same_steps_are_allowed(self):
        for what in self.WORKS_OUTSIDE:
            with self.subTest(what):
                self.assertEqual(self.outside['steps'][what], 'done')
        for path in self.DEVICES:
            self.assertNotIn(self.outside['steps'][f'opening {path}'], ('ENOENT', 'EACCES'))

    def test_it_sees_no_process_but_itself(self):
        self.assertEqual(self.inside['processes'], [str(self.inside['pid'])])
        self.assertGreater(len(self.outside['processes']), 5)

    def test_its_folder_of_temporary_files_is_empty(self):
        self.assertEqual(self.inside['temporary'], [])
        self.assertNotEqual(self.outside['temporary'], [])

    def test_what_it_needs_works(self):
        for variable, folder in FOLDERS.items():
            self.assertEqual(self.inside['environment'].get(variable), folder)
        for what in ('a file in each of its folders', 'a message to the journal', 'a message to systemd',
                     'the pipe as descriptor 3'):
            self.assertEqual(self.inside['steps'][what], 'done', what)
        self.assertIn('the probe was here', output('journalctl', '-o', 'cat', '-u', SERVICE))


class Program:
    """What readelf and objdump say of it."""

    def __init__(self, path):
        self.path = path
        self.kind = re.search(r'Type: +(\w+)', run('readelf', '-hW', path).stdout)[1]
        self.segments = re.findall(r'^ +(\w+) +(?:0x\w+ +){5}([RWE ]{3})', run('readelf', '-lW', path).stdout, re.MULTILINE)
        self.dynamic = dict(re.findall(r'\((\w+)\) +(.*)', run('readelf', '-dW', path).stdout))
        symbols = run('readelf', '-sW', path).stdout
        self.symbols = set(re.findall(r'(\w+)(?:@.*)?$', symbols, re.MULTILINE))
        self.imported = set(re.findall(r' UND (\w+)@', symbols))
        self.notes = run('readelf', '-nW', path).stdout
        self.is_marked = bool(re.search('x86 feature:.*IBT, SHSTK', self.notes))
        self.code = run('objdump', '-d', '--no-show-raw-insn', path).stdout

    def flags(self, kind):
        """Of all segments of this kind, each as "RW " or "R E"."""
        return [flags for found, flags in self.segments if found == kind]


class Binaries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon, cls.callback = Program(DAEMON), Program(CALLBACK)
        cls.all = (cls.daemon, cls.callback, Program(SAMPLER))

    def test_they_are_roots_and_have_no_special_mode(self):
        for program in self.all:
            found = os.stat(program.path)
            self.assertEqual((found.st_uid, found.st_gid, found.st_mode), (0, 0, stat.S_IFREG | 0o755))

    def test_they_can_be_loaded_anywhere(self):
        for program in self.all:
            self.assertEqual(program.kind, 'DYN')
            self.assertIn('PIE', program.dynamic.get('FLAGS_1', '').split())
            self.assertNotIn('TEXTREL', program.dynamic)

    def test_what_is_linked_is_bound_at_once_and_then_read_only(self):
        for program in self.all:
            self.assertEqual(len(program.flags('GNU_RELRO')), 1)
            self.assertIn('BIND_NOW', program.dynamic.get('FLAGS', ''))
            self.assertIn('NOW', program.dynamic.get('FLAGS_1', '').split())

    def test_no_segment_and_no_stack_is_both_writable_and_executable(self):
        for program in self.all:
            self.assertEqual(program.flags('GNU_STACK'), ['RW '])
            self.assertEqual(set(program.flags('LOAD')), {'R  ', 'R E', 'RW '})

    def test_no_library_is_looked_for_in_unusual_places(self):
        for program in self.all:
            self.assertTrue({'RPATH', 'RUNPATH'}.isdisjoint(program.dynamic))

    def test_the_stack_is_protected(self):
        self.assertIn('__stack_chk_fail', self.daemon.imported)
        for program in self.all:
            calls = len(re.findall(r'(?:call|jmp).*<__stack_chk_fail', program.code))
            print(f'{program.path}: the stack is checked in {calls} places', flush=True)
            self.assertGreater(calls, 10)

    def test_the_daemons_calls_of_the_c_library_are_fortified(self):
        fortified = {name for name in self.daemon.imported if name.endswith('_chk')}
        print('fortified:', *sorted(fortified), flush=True)
        self.assertNotEqual(fortified, set())

    def test_the_callback_is_static_and_needs_no_loader(self):
        self.assertEqual(self.callback.flags('INTERP'), [])
        self.assertNotIn('NEEDED', self.callback.dynamic)
        self.assertEqual(len(self.daemon.flags('INTERP')), 1)   # or this test would show nothing

    def test_functions_begin_with_a_landing_pad_but_the_c_library_decides_about_the_mark(self):
        # The linker marks a program (IBT, SHSTK) where each of its parts is marked; Debian's crt1.o is not.
        self.assertEqual(self.daemon.is_marked, Program(output('gcc', '-print-file-name=Scrt1.o')).is_marked)
        for program in self.all:
            pads = program.code.count('endbr64')
            print(f'{program.path}: {pads} landing pads', flush=True)
            self.assertGreater(pads, 10)

    def test_a_callback_with_musl_lacks_only_what_musl_has_not(self):
        if 'NT_GNU_ABI_TAG' in self.callback.notes:
            self.skipTest('the callback of this build has glibc')
        self.assertEqual({name for name in self.callback.symbols if name.endswith('_chk')}, set())      # FORTIFY
        self.assertFalse(self.callback.is_marked)
