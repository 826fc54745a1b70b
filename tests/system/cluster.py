# SPDX-License-Identifier: GPL-2.0-or-later
"""PostgreSQL as Debian runs it, set up as an administrator would, and what was recorded in it."""
import functools
import itertools
import json
import uuid
from pathlib import Path

from machine import output, run, systemctl, wait_until, write_line

VERSION = max(Path('/usr/lib/postgresql').iterdir(), key=lambda path: int(path.name)).name
UNIT = f'postgresql@{VERSION}-main.service'
DATABASE = 'logins'
SCHEMA = Path('/usr/share/iptracking/sql')
_numbers = itertools.count(1)
_boot = uuid.uuid4().hex    # what was written before a reboot may be in the same database


def as_postgres(*command, **more):
    return run('setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', *command, cwd='/', **more)


def psql(*words, database=DATABASE, **more):
    return as_postgres('psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', database, *words, **more).stdout


@functools.cache
def make():
    """Once a boot.  A cluster of our own: the copied machine may have one, with its own data."""
    if output('pg_lsclusters', '--no-header', VERSION, 'main'):
        run('pg_dropcluster', '--stop', VERSION, 'main')
    run('pg_createcluster', VERSION, 'main', '--locale=C.UTF-8')
    systemctl('start', UNIT)
    psql('-c', f'CREATE DATABASE {DATABASE}', database='postgres')
    for file in sorted(SCHEMA.glob('postgresql-*.sql')):
        psql('-f', file)
    psql('-c', 'CREATE ROLE iptracking LOGIN IN ROLE iptracking_writer', '-c', 'CREATE ROLE root LOGIN IN ROLE iptracking_reader')


def is_ready():
    """Whether it lets somebody in."""
    return as_postgres('psql', '-Xqc', '', check=False).returncode == 0


def query(sql):
    """Each row as a dict."""
    return json.loads(psql('-c', f"SELECT coalesce(json_agg(row), '[]') FROM ({sql}) AS row"))


def count(user):
    return query(f"SELECT count(*) FROM inet_log WHERE uid = '{user}'")[0]['count']


def numbers(user):
    """Those of a machine.Writer, in the order of the database."""
    return [row['sshd_pid'] for row in query(f"SELECT sshd_pid FROM inet_log WHERE uid = '{user}' ORDER BY id")]


def wait_for_all(at_most=15):
    """Until what was written so far is stored: the pipe keeps the order, so a last event says so."""
    user = f'last-one-{next(_numbers)}-of-{_boot}'
    write_line(f'event=auth user={user} service=test')
    wait_until(lambda: count(user) == 1, at_most, 'the last event in the database')


class Recorded:
    """The rows that are added from now on, without the test's own markers."""

    def __init__(self):
        wait_for_all()
        self.after = query('SELECT max(id) FROM inet_log')[0]['max']

    def rows(self):
        wait_for_all()
        return query(f"SELECT * FROM inet_log WHERE id > {self.after} AND service IS DISTINCT FROM 'test' ORDER BY id")


def kind(row):
    """The word of the line that this row came from."""
    return 'account' if (row['log_event'], row['outcome']) == ('auth', 'success') else row['log_event']


def kinds(rows):
    return [kind(row) for row in rows]
