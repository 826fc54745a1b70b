# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the answers of the command take, on 10 million rows of SQLite and a million of PostgreSQL (2 GB of disk).

The SQLite database is made once, by tests/tools/event-generator, and kept beside the programs.
"""
import hashlib
import subprocess
import tempfile
from pathlib import Path

from asked import BUILD, GENERATOR, LIMITS, MOST_MEMORY, QUESTIONS, Asked, words_of
from postgres_server import Server, as_postgres, programs

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 3
ALL_COLUMNS = ('dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, service, tty, ruser, '
               'rhost, host, flags')
LISTS = ['events', 'last', 'sessions', 'events -o json-lines']


def ask_all(config, rounds, figures, what):
    for question in QUESTIONS.strip().splitlines():
        for span in 'day', 'all':
            asked = Asked(config, words_of(question, span), rounds)
            figures.add(f'{what}, {span}: {question}', asked.time(), 's', most=LIMITS[span])
            yield asked.memory


def list_all(config, figures, what):
    """What is as long as the log."""
    for question in LISTS:
        asked = Asked(config, words_of(question, 'day'), 1)
        figures.add(f'{what}, day: {question}, every row', asked.time(), 's')
        yield asked.memory


def sqlite3_of(rows, folder):
    """A database that was made before of the same rows by the same sources."""
    sources = [path for folder, names in {'sql': 'sqlite3-*.sql', 'tests/tools': '*.cc', 'src/store': 'sqlite_*.cc'}.items()
               for path in sorted((ROOT / folder).glob(names))]
    made_by = hashlib.sha256(b''.join(path.read_bytes() for path in sources)).hexdigest()[:12]
    path = folder / f'questions-{rows}-{made_by}.sqlite3'
    if not path.exists():
        for old in folder.glob(f'questions-{rows}-*'):
            old.unlink()
        new = path.with_suffix('.new')
        subprocess.run([GENERATOR, f'--rows={rows}', f'--sqlite={new}'], check=True)
        new.rename(path)
        for suffix in '-wal', '-shm':
            Path(f'{new}{suffix}').unlink(missing_ok=True)
    return path


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
    small, large, rounds = (100_000, 1_000_000, 1) if quick else (1_000_000, 10_000_000, ROUNDS)
    with tempfile.TemporaryDirectory(prefix='iptracking-bench-', dir='/var/tmp') as folder:
        config = Path(folder) / 'iptracking.yml'
        config.write_text(f'database: {{driver-name: sqlite3, filename: {sqlite3_of(large, BUILD)}}}\n')
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
