# SPDX-License-Identifier: GPL-2.0-or-later
"""What was recorded."""
import itertools
import sqlite3
import uuid

from machine import STATE, wait_until, write_line

PATH = STATE / 'iptracking.sqlite3'
NAMES = {1: 'auth', 2: 'open_session', 3: 'close_session'}
_numbers = itertools.count(1)
_boot = uuid.uuid4().hex    # what was written before a reboot may be in the same database


def query(sql, *values):
    database = sqlite3.connect(f'file:{PATH}?mode=ro', uri=True, timeout=5)
    try:
        database.row_factory = sqlite3.Row
        return database.execute(sql, values).fetchall()
    finally:
        database.close()


def count(user):
    try:
        return query('SELECT count(*) FROM inet_log WHERE uid = ?', user)[0][0]
    except sqlite3.OperationalError:    # before the first event there is no database
        return 0


def numbers(user):
    """Those of a machine.Writer, in the order of the database."""
    return [row['sshd_pid'] for row in query('SELECT sshd_pid FROM inet_log WHERE uid = ? ORDER BY id', user)]


def wait_for_all(at_most=15):
    """Until what was written so far is stored: the pipe keeps the order, so a last event says so."""
    user = f'last-one-{next(_numbers)}-of-{_boot}'
    wait_until(lambda: _try_to_write(f'event=auth user={user} service=test'), at_most, 'room in the pipe')
    wait_until(lambda: count(user) == 1, at_most, 'the last event in the database')


def _try_to_write(text):
    try:
        write_line(text)
    except OSError:
        return False
    return True


class Recorded:
    """The rows that are added from now on, without the test's own markers."""

    def __init__(self):
        wait_for_all()
        self.after = query('SELECT max(id) FROM inet_log')[0][0]

    def rows(self):
        wait_for_all()
        return query("SELECT * FROM inet_log WHERE id > ? AND service IS NOT 'test' ORDER BY id", self.after)


def kind(row):
    """The word of the line that this row came from."""
    name = NAMES.get(row['log_event'], 'unknown')
    return 'account' if (name, row['outcome']) == ('auth', 'success') else name


def kinds(rows):
    return [kind(row) for row in rows]
