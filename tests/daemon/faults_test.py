# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks, limits and clocks that fail while events come: each event is stored once, in order, and meanwhile it says why."""
import errno
import os
import resource
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from programs import BUILD, DRIVERS, EVENT, FILE_DRIVERS, SANITIZED, Programs, Run, wait_until

FAULTY_FS = BUILD / 'tests/faults/faulty-fs'
STEPPED_CLOCK = BUILD / 'tests/faults/stepped-clock.so'
SMALL_POOL = ', max-bytes: 64K'   # segments of 8 KiB, some 130 events
EIO, ENOSPC, EROFS = (os.strerror(error) for error in (errno.EIO, errno.ENOSPC, errno.EROFS))
NUMBERS = {EIO: errno.EIO, ENOSPC: errno.ENOSPC, EROFS: errno.EROFS}


class Disk:
    """A folder on a disk whose faults come and go, see tests/faults/faulty_fs.cc."""

    def __init__(self, test, folder):
        for needed, what in ((FAULTY_FS, 'it was built without libfuse3'), (Path('/dev/fuse'), 'there is no /dev/fuse')):
            if not needed.exists():
                test.skipTest(what)
        self.folder, real, said = folder, Path(f'{folder}.real'), Path(f'{folder}.said')
        self.faults = Path(f'{folder}.faults')
        self.folder.mkdir()
        real.mkdir()
        with open(said, 'wb') as errors:
            self.process = subprocess.Popen([FAULTY_FS, real, folder, self.faults], stderr=errors, stdin=subprocess.DEVNULL)
        test.addCleanup(self.end)
        wait_until(lambda: os.path.ismount(folder) or self.process.poll() is not None, what='the mount')
        if self.process.poll() is not None:
            test.skipTest(f'cannot mount it: {said.read_text().strip()}')

    @contextmanager
    def faulty(self, *faults):
        """While the block lasts; each as "OPERATION PATTERN ERRNO MILLISECONDS"."""
        self.set(faults)
        try:
            yield
        finally:
            self.set(())

    def set(self, faults):
        new = self.faults.with_suffix('.new')
        new.write_text(''.join(f'{fault}\n' for fault in faults))
        new.rename(self.faults)

    def hits(self):
        hits = Path(f'{self.faults}.hits')
        return hits.stat().st_size if hits.exists() else 0

    def end(self):
        subprocess.run(['umount', '-l', self.folder], check=False, stderr=subprocess.DEVNULL)
        self.process.kill()   # it would wait for those who made a mount namespace meanwhile
        self.process.wait()


def read_only(pattern):
    """What a file system does that found an error (errors=remount-ro)."""
    return [f'{operation} {pattern} {errno.EROFS} 0' for operation in ('write', 'open', 'change')]


class FaultyDisk(Programs):
    def outlive(self, folder, driver, faults, status, log=(), pool='', before=100, during=2000):
        disk = Disk(self, folder / 'state')
        run = Run(self, folder, driver, pool)
        run.daemon.wait_for_status('Storing events')
        run.send(before)
        run.wait_until_stored()
        with disk.faulty(*faults):
            run.send(during)
            run.expect(*status)
            run.expect_in_log(*log)
            hits = disk.hits()
            self.assertGreater(hits, 0)
            run.expect_rest()
            self.assertLess(disk.hits() - hits, 30, 'tried in a little more than a second')
        run.finish()

    def test_a_pool_that_cannot_be_written_leaves_events_in_the_pipe(self):
        cases = {}
        for driver in DRIVERS:
            for why in (EIO, ENOSPC):
                says = ['Taking no events', why]
                cases[f'{why}, {driver}'] = (driver, [f'write /pool/0* {NUMBERS[why]} 0'], says)
                cases[f'{why} of a new segment, {driver}'] = (driver, [f'open /pool/0* {NUMBERS[why]} 0'], says, (), SMALL_POOL)
            cases[f'{EROFS}, {driver}'] = (driver, read_only('*'), ['Taking no events', EROFS], (), SMALL_POOL)
        self.side_by_side(self.outlive, cases)

    def test_a_pool_that_cannot_be_read_is_read_later(self):
        self.side_by_side(self.outlive, {
            driver: (driver, [f'read /pool/0* {errno.EIO} 0'], ['Keeping events', EIO]) for driver in DRIVERS})

    def test_stored_segments_that_cannot_be_removed_are_removed_later(self):
        self.side_by_side(self.outlive, {
            driver: (driver, [f'change /pool/0* {errno.EIO} 0'], ['Taking no events'], (), SMALL_POOL) for driver in DRIVERS})

    def test_a_csvfile_that_cannot_be_written_gets_each_line_once(self):
        cases = {f'{why}, {operation} {path}': ('csvfile', [f'{operation} /{path} {NUMBERS[why]} 0'], ['Keeping events', why])
                 for path in ('events.csv', 'csvfile.position')
                 for operation, why in (('write', EIO), ('tear', EIO), ('tear', ENOSPC), ('fsync', EIO))
                 if (operation, path) != ('fsync', 'csvfile.position')}
        cases[EROFS] = ('csvfile', read_only('/[ce]*'), ['Keeping events', EROFS])
        # The record is there, so that the lines behind it count as stored when the file is opened again.
        cases['a record that is not synced'] = ('csvfile', [f'fsync /csvfile.position {errno.EIO} 0'], [], ['Keeping events', EIO])
        self.side_by_side(self.outlive, cases)

    def test_the_first_lines_of_a_csvfile_are_there_once_too(self):
        self.side_by_side(self.outlive, {
            operation: ('csvfile', [f'{operation} /csvfile.position {errno.EIO} 0'], ['Keeping events', EIO], (), '', 0)
            for operation in ('write', 'tear')})

    def test_a_kill_between_the_lines_of_a_csvfile_and_their_record_doubles_none(self):
        self.side_by_side(self.outlive_kill, {'the first lines': (0, False), 'later lines': (100, False), 'rotated': (100, True)})

    def outlive_kill(self, folder, before, rotated):
        disk = Disk(self, folder / 'state')
        run = Run(self, folder, 'csvfile')
        run.daemon.wait_for_status('Storing events')
        run.send(before)
        run.wait_until_stored()
        old = FILE_DRIVERS['csvfile'](folder)
        old.path = old.path.with_suffix('.1')
        if rotated:
            run.store.path.rename(old.path)
            run.daemon.signal(signal.SIGHUP)
            run.wait(run.store.path.exists, what='the new file')
        with disk.faulty(f'fsync /events.csv {errno.EIO} 1000'):
            run.send(500)
            run.wait(lambda: run.store.count() > before * (not rotated), what='the lines')
            run.daemon.kill()
        run.start()
        run.send(100)
        run.wait(lambda: run.daemon.status().startswith('Storing events') and run.waiting_bytes() == 0, what='all lines')
        self.assertEqual(run.daemon.stop(), 0)
        self.assertEqual([int(row['uid']) for row in old.rows() + run.store.rows()], list(range(run.sent)))

    def test_a_database_that_cannot_be_written_gets_each_row_once(self):
        cases = {f'{why}, {operation}': ('sqlite3', [f'{operation} /*-wal {NUMBERS[why]} 0'], ['Keeping events', says])
                 for operation, why, says in (('write', EIO, 'disk I/O error'), ('tear', EIO, 'disk I/O error'),
                                              ('tear', ENOSPC, 'database or disk is full'))}
        cases[EROFS] = ('sqlite3', read_only('/iptracking.sqlite3*'), ['Keeping events'])
        # The rows are there, and count as stored when the database is opened again.
        cases['a commit that is not synced'] = ('sqlite3', [f'fsync /*-wal {errno.EIO} 0'], [], ['Keeping events', 'disk I/O error'])
        self.side_by_side(self.outlive, cases)

    def test_rows_are_stored_while_they_cannot_be_moved_from_the_log_of_sqlite_into_the_database(self):
        self.side_by_side(self.outlive_in_the_log, {operation: (operation,) for operation in ('write', 'fsync')})

    def outlive_in_the_log(self, folder, operation):
        disk = Disk(self, folder / 'state')
        run = Run(self, folder, 'sqlite3')
        run.send(100)
        run.wait_until_stored()
        with disk.faulty(f'{operation} /iptracking.sqlite3 {errno.EIO} 0'):
            for _ in range(20):   # it is moved when it is long, and nobody reads
                run.send(20000)
                run.wait_until_stored()
                if disk.hits() > 0:
                    break
            self.assertGreater(disk.hits(), 0)
        run.finish()


class ReadOnlyDisk(Programs):
    def test_events_wait_until_a_disk_that_was_mounted_read_only_is_writable(self):
        self.side_by_side(self.outlive, {driver: (driver,) for driver in FILE_DRIVERS})

    def outlive(self, folder, driver):
        disk = folder / 'disk'
        disk.mkdir()
        done = subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', disk], check=False, capture_output=True)
        if done.returncode != 0:
            self.skipTest(f'cannot mount a tmpfs: {done.stderr.decode().strip()}')
        self.addCleanup(subprocess.run, ['umount', '-l', disk], check=True)
        run = Run(self, folder, driver, place=disk)
        run.send(100)
        run.wait_until_stored()
        self.assertEqual(run.daemon.stop(), 0)   # the kernel does not let a disk become read-only that is written to
        subprocess.run(['mount', '-o', 'remount,ro', disk], check=True)
        run.start()
        run.send(2000)
        run.expect('Keeping events')
        run.expect_rest()
        subprocess.run(['mount', '-o', 'remount,rw', disk], check=True)
        run.finish()


class SlowDisk(Programs):
    """Each fsync blocks the loop for so long that batches become smaller."""
    seconds, events = (2, 20000) if os.environ.get('IPTRACKING_LONG') else (1.1, 12000)
    watchdog = 10

    def test_a_backlog_is_stored_and_the_watchdog_served(self):
        self.side_by_side(self.outlive, {
            'csvfile': ('csvfile', ('/events.csv', '/csvfile.position'), self.seconds / 2),   # one behind the other
            'database': ('sqlite3', ('/iptracking.sqlite3*',), self.seconds),
            'pool': ('sqlite3', ('/pool/*',), self.seconds, ', sync: batch'),
        })

    def outlive(self, folder, driver, paths, seconds, pool=''):
        disk = Disk(self, folder / 'state')
        run = Run(self, folder, driver, pool, environment={'WATCHDOG_USEC': str(self.watchdog * 1000000)})
        run.send(1)
        run.wait_until_stored()
        began = time.monotonic()
        with disk.faulty(*(f'fsync {path} 0 {int(seconds * 1000)}' for path in paths)):
            run.send(self.events)
            run.wait_until_stored(40 * self.seconds)
            took = time.monotonic() - began
            wait_until(lambda: run.daemon.pings and run.daemon.pings[-1] > began, what='a ping')
        pings = [began] + [ping for ping in run.daemon.pings if ping > began]
        silence = max(after - before for before, after in zip(pings, pings[1:]))
        print(f'        {folder.name}: {disk.hits()} times an fsync of {seconds} s: {self.events} events are stored after '
              f'{took:.1f} s, and {silence:.1f} s are the longest time without a ping')
        self.assertLess(silence, self.watchdog)
        run.finish()


class Limits(Programs):
    def lower(self, run, which, limit):
        """Of what runs; gives what lifts it again."""
        pid = run.daemon.process.pid
        before = resource.prlimit(pid, which)
        resource.prlimit(pid, which, (limit, before[1]))
        return lambda: resource.prlimit(pid, which, before)

    def test_few_descriptors_are_enough(self):
        """For segments that an earlier process left, more than it may open, and for new ones."""
        for driver in DRIVERS:
            with self.subTest(driver):
                folder = self.sub(driver)
                pool = folder / 'state/pool'
                pool.mkdir(parents=True)
                for number in range(60):
                    lines = ''.join(EVENT.format(number * 10 + i) for i in range(10))
                    (pool / f'{number + 1:016}.lines').write_text(lines)
                run = Run(self, folder, driver, SMALL_POOL, through=['prlimit', '--nofile=24'])
                run.sent = 600
                run.wait_until_stored()
                descriptors = [int(name) for name in os.listdir(f'/proc/{run.daemon.process.pid}/fd')]
                print(f'        {driver}: it has {len(descriptors)} descriptors')
                lift = self.lower(run, resource.RLIMIT_NOFILE, max(descriptors) + 2)
                run.send(2000)
                run.wait_until_stored()
                run.expect_rest()
                lift()
                run.finish()

    def test_without_a_free_descriptor_events_wait(self):
        """Nothing can be told systemd then: sd_notify(3) needs one too."""
        self.side_by_side(self.outlive_without_descriptors, {driver: (driver,) for driver in DRIVERS})

    def outlive_without_descriptors(self, folder, driver):
        run = Run(self, folder, driver, SMALL_POOL)
        run.send(100)
        run.wait_until_stored()
        lift = self.lower(run, resource.RLIMIT_NOFILE, 3)
        run.send(2000)
        run.expect_in_log('taking no events', 'Too many open files')
        cpu = run.daemon.cpu_seconds()
        time.sleep(1.5)   # it looks again meanwhile; nothing else can be seen of it
        self.assertLess(run.daemon.cpu_seconds() - cpu, 0.4)
        lift()
        run.finish()

    def test_a_limit_on_file_sizes_does_not_kill_it(self):
        self.side_by_side(self.outlive_small_files, {driver: (driver,) for driver in FILE_DRIVERS})

    def outlive_small_files(self, folder, driver):
        run = Run(self, folder, driver)
        run.send(100)
        run.wait_until_stored()
        lift = self.lower(run, resource.RLIMIT_FSIZE, 16384)
        run.send(2000)
        run.expect('Keeping events', 'Taking no events', os.strerror(errno.EFBIG))
        run.expect_rest()
        lift()
        run.finish()

    def test_without_memory_events_wait(self):
        if SANITIZED:
            self.skipTest('the address sanitizer needs an address space without end')
        self.side_by_side(self.outlive_without_memory, {f'{driver} {room} KiB': (driver, room * 1024) for driver in DRIVERS
                                                        for room in (0, 64, 256, 1024)})

    def outlive_without_memory(self, folder, driver, room):
        run = Run(self, folder, driver)
        run.send(10)
        run.wait_until_stored()
        size = int(Path(f'/proc/{run.daemon.process.pid}/statm').read_text().split()[0]) * resource.getpagesize()
        lift = self.lower(run, resource.RLIMIT_AS, size + room)
        run.send(10000)
        run.wait(lambda: run.ended() or run.store.count() == run.sent or 'Keeping events' in run.daemon.status(), what='an effect')
        print(f'        {folder.name}: {run.daemon.said().splitlines()[-1] if run.ended() else run.daemon.status()}')
        if run.ended():   # as it may where nothing goes without memory; systemd starts it again
            run.daemon.close()
            run.start()
        else:
            run.expect_rest()
            lift()
        run.finish()


class Clock(Programs):
    def test_a_clock_that_is_put_back_holds_nothing_up(self):
        if SANITIZED:
            self.skipTest('the address sanitizer has to be loaded first, and so has the clock')
        self.side_by_side(self.outlive, {driver: (driver,) for driver in FILE_DRIVERS})

    def outlive(self, folder, driver):
        clock, disk = folder / 'clock', folder / 'disk'

        def put(days):
            new = folder / 'clock.new'
            new.write_text(str(days * 86400))
            new.rename(clock)

        def send():
            run.send(50)
            run.send(50, 'iptracking/1 event=auth user={} time=1893456000000000\n')
        put(0)
        run = Run(self, folder, driver, place=disk, environment={'LD_PRELOAD': str(STEPPED_CLOCK), 'STEPPED_CLOCK': str(clock)})
        run.expect('Keeping events')   # there is no such folder
        for days in (-400, 30, -30):
            put(days)
            send()
            run.daemon.wait_for_status(f'{run.sent} accepted')
        disk.mkdir()
        run.wait_until_stored()   # it has looked again
        for days in (0, 30, -400):
            put(days)
            send()
            run.wait_until_stored()
            run.daemon.wait_for_status(f'{run.sent} stored')
        run.expect_rest()
        dates = [row['date'][:10] for row in run.store.rows()]
        self.assertEqual(set(dates[50::100] + dates[99::100]), {'2030-01-01'})
        self.assertGreater(dates[300], dates[0])     # those before were parsed when the clock was put back by a month
        self.assertGreater(dates[400], dates[300])
        self.assertGreater(dates[0], dates[500])
        run.finish()
