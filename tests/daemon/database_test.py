# SPDX-License-Identifier: GPL-2.0-or-later
"""Databases that are deleted, swapped, put back, cloned or damaged: none has an event twice, and none is lost."""
import csv
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from programs import EVENT, FILE_DRIVERS, Programs, Run, Sqlite

FILES = ('-wal', '-shm', '')   # of SQLite; a csvfile has the last one only


def users(store):
    return [row['uid'] for row in store.rows()]


def numbers(store):
    return [int(user) for user in users(store)]


def last_is_stored(run):
    """Also while the file is being written, or is none yet."""
    try:
        return users(run.store)[-1:] == [str(run.sent - 1)]
    except (sqlite3.DatabaseError, csv.Error, IndexError):
        return False


def summaries_are_up(run):
    """So nothing is under way."""
    run.wait(lambda: run.store.query('SELECT min(upto) FROM summary') == [(run.sent,)], what='the summaries')


def locked(run):
    locker = sqlite3.connect(run.store.path)
    locker.execute('BEGIN IMMEDIATE')
    return locker


class Kept:
    """Open files, so that what is deleted can still be read as the database that it was."""

    def __init__(self, store):
        self.store = type(store)(store.path.parent)
        self.files = {suffix: open(f'{store.path}{suffix}', 'rb') for suffix in FILES if Path(f'{store.path}{suffix}').exists()}

    def read(self, folder):
        """The store, in another folder."""
        folder.mkdir()
        self.store.path = folder / 'kept'
        for suffix, file in self.files.items():
            if suffix != '-shm':
                Path(f'{self.store.path}{suffix}').write_bytes(file.read())
            file.close()
        return self.store


def put_into_place(run, folder):
    """The files in the folder become the database.  The daemon does not run meanwhile: what it stored in a database
    that is replaced at once would be lost with it."""
    for suffix in FILES:
        path, new = Path(f'{run.store.path}{suffix}'), folder / f'{run.store.path.name}{suffix}'
        path.unlink(missing_ok=True)
        if new.exists():
            new.rename(path)


def back_up(run, folder):
    """As iptracking-daemon(8) says it, while the daemon runs."""
    folder.mkdir()
    if isinstance(run.store, Sqlite):
        with sqlite3.connect(run.store.path) as database:
            database.execute(f"VACUUM INTO '{folder / run.store.path.name}'")
        database.close()
    else:
        shutil.copy(run.store.path, folder)


class Replaced(Programs):
    def each(self, check):
        self.side_by_side(check, {driver: (driver,) for driver in FILE_DRIVERS})

    def test_a_database_that_is_deleted_while_events_come_has_what_the_next_one_lacks(self):
        self.each(self.deleted)

    def deleted(self, folder, driver):
        run = Run(self, folder, driver)
        run.send(1000)
        run.wait_until_stored()
        kept = Kept(run.store)
        run.send(5000)
        for suffix in FILES:
            Path(f'{run.store.path}{suffix}').unlink(missing_ok=True)
        run.send(5000)
        run.wait(lambda: last_is_stored(run), what='the last event')
        run.expect_in_log('was deleted')
        self.assertEqual(run.daemon.stop(), 0)
        old, new = numbers(kept.read(folder / 'kept')), numbers(run.store)
        self.assertEqual(old + new, list(range(run.sent)))
        print(f'        {driver}: {len(old)} events in the deleted one, {len(new)} in the next')

    def test_a_database_that_is_swapped_against_that_of_another_host_gets_what_follows(self):
        self.each(self.swapped)

    def swapped(self, folder, driver):
        other_folder = folder / 'other'
        other_folder.mkdir()
        other = Run(self, other_folder, driver)
        other.send(500, EVENT.replace('{}', 'other-{}'))
        other.wait_until_stored()
        self.assertEqual(other.daemon.stop(), 0)
        run = Run(self, folder, driver)
        run.send(1000)
        run.wait_until_stored()
        run.daemon.signal(signal.SIGSTOP)
        kept = Kept(run.store)
        put_into_place(run, other.store.path.parent)
        run.send(1000)
        run.daemon.signal(signal.SIGCONT)
        run.wait(lambda: last_is_stored(run), what='the last event')
        self.assertEqual(run.daemon.stop(), 0)
        old, new = numbers(kept.read(folder / 'kept')), users(run.store)
        self.assertEqual(new[:500], [f'other-{number}' for number in range(500)])
        self.assertEqual(old + [int(user) for user in new[500:]], list(range(run.sent)))

    def test_an_older_copy_gets_what_the_pool_still_holds(self):
        cases = {f'{driver}, {when}, {how_much} of it': (driver, when, how_much)
                 for driver in FILE_DRIVERS for when in ('open', 'closed') for how_much in ('all', 'the end')}
        self.side_by_side(self.put_back, cases)

    def put_back(self, folder, driver, when, how_much):
        run = Run(self, folder, driver, ', max-bytes: 64K' if how_much == 'the end' else '')
        run.send(500)
        run.wait_until_stored()
        back_up(run, folder / 'backup')
        run.send(1000)
        run.wait_until_stored()
        if when == 'open':
            run.daemon.signal(signal.SIGSTOP)
            put_into_place(run, folder / 'backup')
            run.daemon.signal(signal.SIGCONT)
        else:
            self.assertEqual(run.daemon.stop(), 0)
            put_into_place(run, folder / 'backup')
            run.start()
        run.send(500)
        run.wait(lambda: last_is_stored(run), what='the last event')
        self.assertEqual(run.daemon.stop(), 0)
        stored = numbers(run.store)
        self.assertEqual(stored[:500] + stored[-500:], list(range(500)) + list(range(1500, 2000)))
        self.assertEqual(stored[500:], list(range(2000 - len(stored[500:]), 2000)))
        if driver == 'sqlite3' and how_much == 'all':   # a CSV file does not know what it lacks
            self.assertEqual(stored, list(range(2000)))

    def test_a_log_of_sqlite_that_is_deleted_after_a_crash_is_made_good_from_the_pool(self):
        run = Run(self, self.folder, 'sqlite3')
        run.send(500)
        run.wait_until_stored()
        self.assertEqual(run.daemon.stop(), 0)   # so that these are in the database itself
        run.start()
        run.send(500)
        run.wait_until_stored()
        run.daemon.kill()
        lost = Path(f'{run.store.path}-wal')
        self.assertGreater(lost.stat().st_size, 0)
        for suffix in ('-wal', '-shm'):
            Path(f'{run.store.path}{suffix}').unlink()
        self.assertEqual(run.store.count(), 500)
        run.start()
        run.finish()

    def test_another_driver_and_back_again(self):
        """Each has each event once at most, and the pool does not forget for one what it gave to the other."""
        for way in ('reload', 'restart'):
            with self.subTest(way):
                run = Run(self, self.sub(way), 'sqlite3')
                other = FILE_DRIVERS['csvfile'](run.folder)
                here, there = run.store, other
                for store in (here, there, here, there):
                    run.store = store
                    run.config = store.config
                    if way == 'reload':
                        run.daemon.config.write_text(f'fifo-file: {run.daemon.fifo}\n{run.config}')
                        run.daemon.signal(signal.SIGHUP)
                        run.daemon.wait_for_status(f'Storing events in {"sqlite3" if store is here else "csvfile"}')
                    else:
                        self.assertEqual(run.daemon.stop(), 0)
                        run.start()
                    run.send(300)
                    run.wait(lambda run=run: last_is_stored(run), what='the last event')
                self.assertEqual(run.daemon.stop(), 0)
                for store in (here, there):
                    self.assertEqual(numbers(store), sorted(set(numbers(store))))
                self.assertEqual(set(numbers(here)) | set(numbers(there)), set(range(run.sent)))


class Cloned(Programs):
    def test_a_cloned_host_goes_on_with_a_stream_of_its_own(self):
        if not Path('/etc/machine-id').exists():
            self.skipTest('there is no /etc/machine-id to hide')
        self.side_by_side(self.cloned, {driver: (driver,) for driver in FILE_DRIVERS})

    def cloned(self, folder, driver):
        run = Run(self, folder, driver)
        run.send(100)
        run.wait_until_stored()
        self.assertEqual(run.daemon.stop(), 0)
        good, run.config = run.config, 'nonsense: 1\n'
        run.start()
        run.send(200)
        run.daemon.wait_for_status('200 waiting')
        clone_folder = folder / 'clone'
        clone_folder.mkdir()
        subprocess.run(['cp', '-a', run.daemon.state, clone_folder], check=True)

        machine_id = folder / 'machine-id'
        machine_id.write_text('0123456789abcdef0123456789abcdef\n')
        hide = ['unshare', '--mount', '/bin/sh', '-c', 'mount --bind "$0" /etc/machine-id && exec "$@"', str(machine_id)]
        clone = Run(self, clone_folder, driver, through=hide)
        clone.sent = run.sent
        run.config = good
        run.daemon.config.write_text(f'fifo-file: {run.daemon.fifo}\n{good}')
        run.daemon.signal(signal.SIGHUP)
        for machine, name in ((run, 'original'), (clone, 'clone')):
            machine.send(50, EVENT.replace('{}', f'{name}-{{}}'))
        for machine, name in ((run, 'original'), (clone, 'clone')):
            machine.wait_until_stored()
            self.assertEqual(machine.daemon.stop(), 0)
            self.assertEqual(users(machine.store),
                             [str(number) for number in range(300)] + [f'{name}-{number}' for number in range(300, 350)])
        ids = [(machine.daemon.state / 'pool/stream').read_text().split() for machine in (run, clone)]
        self.assertNotEqual(ids[0][0], ids[1][0])
        self.assertNotEqual(ids[0][1], ids[1][1])


def garbage(size):
    """The same each time, and no database."""
    return bytes(i * 7 % 251 for i in range(size))


def overwrite(path, offset, data):
    with open(path, 'r+b') as file:
        file.seek(offset)
        file.write(data)


def root_page(path, table):
    with sqlite3.connect(path) as database:
        (page,), = database.execute('SELECT rootpage FROM sqlite_schema WHERE name = ?', (table,))
        (size,), = database.execute('PRAGMA page_size')
    database.close()
    return page, size


def damage_header(path):
    overwrite(path, 0, garbage(100))


def damage_page(path):
    page, size = root_page(path, 'inet_log')
    overwrite(path, (page - 1) * size, garbage(size))


def damage_all(path):
    overwrite(path, 0, garbage(path.stat().st_size))


def cut(path):
    os.truncate(path, 8192)


DAMAGES = {'the header': damage_header, 'a page': damage_page, 'all of it': damage_all, 'its end': cut}


class Damaged(Programs):
    """sqlite3 only."""

    def aside(self, run, number=1):
        return Path(f'{run.store.path}.corrupt-{number}')

    def readable(self, path):
        """The events in the damaged one, as far as SQLite reads them."""
        found = []
        database = sqlite3.connect(path)
        try:
            for (user,) in database.execute('SELECT uid FROM inet_log ORDER BY id'):
                found.append(int(user))
        except sqlite3.DatabaseError:
            pass
        database.close()
        return found

    def expect_new(self, run, first, number=1):
        """The damaged database stands aside, and a new one has what follows from `first` on."""
        aside = self.aside(run, number)
        run.wait(lambda: last_is_stored(run) and aside.exists(), what='the last event in a new database')
        error = [line for line in run.daemon.said().splitlines() if f"'{run.store.path}'" in line and f"'{aside}'" in line]
        self.assertEqual(len(error), 1, run.daemon.said())
        self.assertIn('is damaged', error[0])
        run.daemon.wait_for_status('Storing events')
        self.assertEqual(run.daemon.stop(), 0)
        self.assertEqual(numbers(run.store), list(range(first, run.sent)))
        old = self.readable(aside)
        self.assertEqual(old, sorted(set(old)))
        self.assertFalse(set(old) & set(numbers(run.store)))
        return old

    def test_a_damaged_one_is_set_aside_and_a_new_one_gets_what_follows(self):
        cases = {f'{what}, {when}': (check, damage) for what, damage in DAMAGES.items()
                 for when, check in (('while it is closed', self.damaged_closed), ('while it is open', self.damaged_open))}
        cases['replaced by garbage while it is open'] = (self.replaced_open, None)
        cases['the first names are taken'] = (self.with_names_taken, damage_all)
        self.side_by_side(lambda folder, check, damage: check(folder, damage), cases, at_once=len(cases))

    def damaged_closed(self, folder, damage):
        run = Run(self, folder, 'sqlite3')
        run.send(3000)
        run.wait_until_stored()
        locker = locked(run)
        run.send(500)
        run.daemon.wait_for_status('locked by another program')
        self.assertEqual(run.daemon.stop(), 0)
        locker.close()
        damage(run.store.path)
        run.start()
        run.send(500)
        self.expect_new(run, 3000)

    def damaged_open(self, folder, damage):
        """It is seen at the next commit."""
        run = Run(self, folder, 'sqlite3')
        run.send(3000)
        summaries_are_up(run)
        # Another program writes to it, so that the daemon has to read it again; and all is in the database itself.
        database = sqlite3.connect(run.store.path, isolation_level=None, timeout=20)
        database.execute('BEGIN IMMEDIATE')     # the daemon must not hold the lock when it stops
        run.daemon.signal(signal.SIGSTOP)
        database.execute('UPDATE inet_log SET flags = 0 WHERE id < 3')
        database.execute('COMMIT')
        database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        database.close()
        damage(run.store.path)
        run.send(500)
        run.daemon.signal(signal.SIGCONT)
        run.send(500)
        self.expect_new(run, 3000)

    def replaced_open(self, folder, _):
        run = Run(self, folder, 'sqlite3')
        run.send(1000)
        run.wait_until_stored()
        run.daemon.signal(signal.SIGSTOP)
        other = folder / 'garbage'
        other.write_bytes(garbage(100000))
        for suffix in ('-wal', '-shm'):
            Path(f'{run.store.path}{suffix}').unlink()
        other.rename(run.store.path)
        run.daemon.signal(signal.SIGCONT)
        run.send(500)
        self.assertEqual(self.expect_new(run, 1000), [])
        self.assertEqual(self.aside(run).read_bytes(), garbage(100000))

    def with_names_taken(self, folder, damage):
        run = Run(self, folder, 'sqlite3')
        run.send(1000)
        run.wait_until_stored()
        self.assertEqual(run.daemon.stop(), 0)
        taken = {f'{run.store.path}.corrupt-1', f'{run.store.path}.corrupt-2-wal', f'{run.store.path}.corrupt-3-shm'}
        for name in taken:
            Path(name).write_text(name)
        damage(run.store.path)
        run.start()
        run.send(500)
        self.expect_new(run, 1000, 4)
        for name in taken:
            self.assertEqual(Path(name).read_text(), name)

    def test_a_backup_that_is_being_copied_into_its_place_is_waited_for(self):
        run = Run(self, self.folder, 'sqlite3')
        run.send(3000)
        run.wait_until_stored()
        self.assertEqual(run.daemon.stop(), 0)
        whole = run.store.path.read_bytes()
        with open(run.store.path, 'wb', buffering=0) as copy:
            copy.write(whole[:len(whole) // 2])
            run.start()
            run.send(500)
            run.expect('Keeping events', 'malformed')
            copy.write(whole[len(whole) // 2:])
        run.finish()
        self.assertFalse(self.aside(run).exists())

    def test_a_damage_that_nobody_has_seen_yet_holds_nothing_up(self):
        run = Run(self, self.folder, 'sqlite3')
        run.send(3000)
        run.wait_until_stored()
        self.assertEqual(run.daemon.stop(), 0)
        page, size = root_page(run.store.path, 'inet_log')
        root = run.store.path.read_bytes()[(page - 1) * size:page * size]
        first_cell = int.from_bytes(root[12:14], 'big')
        first_leaf = int.from_bytes(root[first_cell:first_cell + 4], 'big')
        overwrite(run.store.path, (first_leaf - 1) * size, garbage(size))
        run.start()
        run.send(500)
        run.daemon.wait_for_status('500 accepted, 500 stored')
        self.assertEqual(run.daemon.stop(), 0)
        self.assertFalse(self.aside(run).exists())
        found = run.store.query('SELECT uid FROM inet_log WHERE id > 3000 ORDER BY id')
        self.assertEqual([int(user) for (user,) in found], list(range(3000, 3500)))

    def test_a_tenth_damaged_one_and_what_is_of_another_program_are_left_alone(self):
        self.side_by_side(lambda folder, check, *more: check(folder, *more), {
            'a tenth': (self.tenth,), 'a database': (self.of_another, True), 'another file': (self.of_another, False)})

    def tenth(self, folder):
        run = Run(self, folder, 'sqlite3')
        run.send(1000)
        run.wait_until_stored()
        self.assertEqual(run.daemon.stop(), 0)
        for number in range(1, 10):
            self.aside(run, number).write_text('older')
        damage_all(run.store.path)
        damaged = run.store.path.read_bytes()
        run.start()
        run.send(500)
        run.expect('Keeping events', 'is damaged', '.corrupt-1')
        run.expect_rest()
        self.assertEqual(run.store.path.read_bytes(), damaged)
        self.assertLess(len(run.daemon.said().splitlines()), 10)
        self.aside(run, 5).unlink()
        self.expect_new(run, 1000, 5)

    def of_another(self, folder, is_database):
        place = folder / 'place'
        place.mkdir()
        theirs = place / 'iptracking.sqlite3'
        if is_database:
            with sqlite3.connect(theirs) as database:
                database.execute('PRAGMA application_id = 252006673')
                database.execute("CREATE TABLE theirs AS SELECT 'precious'")
            database.close()
        else:
            theirs.write_text('precious\n' * 1000)
        before = theirs.read_bytes()
        run = Run(self, folder, 'sqlite3', place=place)
        run.send(500)
        run.expect('Keeping events', 'holds something else' if is_database else 'is not a database')
        run.expect_rest()
        time.sleep(6)   # as long as damage has to last
        self.assertEqual([path.name for path in place.iterdir()], [theirs.name])
        self.assertEqual(theirs.read_bytes(), before)
        theirs.unlink()   # mended
        run.finish()
