# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the answers of the command take, on 10 million rows of SQLite and a million of PostgreSQL (2 GB of disk)."""
import subprocess
import tempfile
from pathlib import Path

from asked import GENERATOR, LIMITS, MOST_MEMORY, QUESTIONS, Asked, words_of
from many_rows import sqlite3_of
from postgres_server import Server, as_postgres, programs

ALL_COLUMNS = ('dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, service, tty, ruser, '
               'rhost, host, flags')
WHY = {'top services': 'no summary counts by service (or host): all rows are read, and each attempt is looked up',
       'report': 'PostgreSQL has no summaries: each part reads all rows of the time, open sessions and new pairs all there are'}
LISTS = ['events', 'last', 'sessions', 'events -o json-lines']


def ask_all(config, rounds, figures, what):
    for question in QUESTIONS.strip().splitlines():
        for span in 'day', 'all':
            asked = Asked(config, words_of(question, span), rounds)
            figures.add(f'{what}, {span}: {question}', asked.time(), 's', most=LIMITS[span],
                        why=WHY.get(question.partition(' --')[0]))
            yield asked.memory


def list_all(config, figures, what):
    """What is as long as the log."""
    for question in LISTS:
        asked = Asked(config, words_of(question, 'day'), 1)
        figures.add(f'{what}, day: {question}, every row', asked.time(), 's')
        yield asked.memory


def fill_postgres(database, rows):
    generator = subprocess.Popen([GENERATOR, f'--rows={rows}', '--copy'], stdout=subprocess.PIPE)
    subprocess.run(as_postgres(programs() / 'psql', '--quiet', '--no-psqlrc', '--set=ON_ERROR_STOP=1', f'--dbname={database.name}',
                               '--host', database.server.folder, '--port', database.server.port,
                               '--command', f'COPY inet_log ({ALL_COLUMNS}) FROM STDIN'), stdin=generator.stdout, check=True, cwd='/')
    if generator.wait() != 0:
        raise RuntimeError('event-generator failed')
    database.query('VACUUM ANALYZE')            # which autovacuum does within a minute


def measure(what, config, rounds, figures):
    memory = [*ask_all(config, rounds, figures, what), *list_all(config, figures, what)]
    figures.add(f'{what}: most memory of any question', max(memory), 'MiB', most=MOST_MEMORY)


def run(quick, figures):
    small, large, rounds = (100_000, 1_000_000, 1) if quick else (1_000_000, 10_000_000, None)
    with tempfile.TemporaryDirectory(prefix='iptracking-bench-', dir='/var/tmp') as folder:
        config = Path(folder) / 'iptracking.yml'
        config.write_text(f'database: {{driver-name: sqlite3, filename: {sqlite3_of(large, figures)}}}\n')
        measure(f'sqlite3, {large:.0e} rows', config, rounds, figures)
        server = Server()
        server.set(shared_buffers='128MB')      # the default of PostgreSQL
        server.restart()
        database = server.database()
        fill_postgres(database, small)
        config.write_text(f'database: {{driver-name: postgresql, host: {server.folder}, port: "{server.port}", '
                          f'dbname: {database.name}, user: postgres}}\n')
        measure(f'postgresql, {small:.0e} rows', config, rounds, figures)
        server.end()
