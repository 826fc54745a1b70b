# SPDX-License-Identifier: GPL-2.0-or-later
"""The same events in both databases."""
import functools
import json

import cluster
import database
import machine

DATABASES = {'sqlite3': database, 'postgresql': cluster}


def use(driver):
    """Has the daemon store in it, and returns its module."""
    configuration = f'database:\n  driver-name: {driver}\n'
    if driver == 'postgresql':
        cluster.make()
        configuration += f'  dbname: {cluster.DATABASE}\n'
    machine.CONFIGURATION.write_text(configuration)
    machine.systemctl('try-reload-or-restart', machine.SERVICE)
    DATABASES[driver].wait_for_all()
    return DATABASES[driver]


@functools.cache
def stored(driver, lines):
    """The rows that a tuple of lines becomes."""
    recorded = use(driver).Recorded()
    machine.write_lines(lines)
    return recorded.rows()


def ask(driver, *words):
    """What the client answers."""
    use(driver)
    return json.loads(machine.run('iptracking', *words, '-o', 'json').stdout)
