# SPDX-License-Identifier: GPL-2.0-or-later
"""How long each question takes, over a day and over all rows, and how much memory the command takes for it.

The databases are made once, by tests/tools/event-generator, and kept beside the programs; PostgreSQL is filled anew.
"""
import hashlib
import statistics
import subprocess
import tempfile
from pathlib import Path

from asked import BUILD, GENERATOR, LIMITS, MOST_MEMORY, QUESTIONS, Asked, words_of
from postgres_server import SQL, Server, as_postgres, programs

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 5
ALL_COLUMNS = ('dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, service, tty, ruser, '
               'rhost, host, flags')
# Every row of a day goes out; of all rows it is only how much memory that takes.
LISTS = ['events', 'last', 'sessions', 'events -o json-lines']


def ask_all(config, rounds, over=('day', 'all')):
    """Prints a line for each question; gives how many limits were missed."""
    missed = []
    print(f'{"":46} {"day":>7} {"processor":>9} {"MiB":>5}   {"all":>7} {"processor":>9} {"MiB":>5}', flush=True)
    for question in QUESTIONS.strip().splitlines():
        line = f'{question:46}'
        for span in over:
            asked = Asked(config, words_of(question, span), rounds)
            line += f' {asked.time():7.3f} {statistics.median(asked.processor):9.3f} {asked.memory:5.0f}  '
            if asked.time() > LIMITS[span]:
                missed.append(f'{question}, {span}: {asked.time():.3f} s, limit {LIMITS[span]} s')
            if asked.memory > MOST_MEMORY:
                missed.append(f'{question}, {span}: {asked.memory:.0f} MiB, limit {MOST_MEMORY}')
        print(line, flush=True)
    return missed


def list_all(config, over=('day', 'all')):
    """What is as long as the log."""
    missed = []
    for question in LISTS:
        for span in over:
            asked = Asked(config, words_of(question, span), 1)
            print(f'{question + ", " + span + ", every row":60} {asked.time():7.2f} s {asked.memory:5.0f} MiB', flush=True)
            if asked.memory > MOST_MEMORY:
                missed.append(f'{question}, {span}, every row: {asked.memory:.0f} MiB, limit {MOST_MEMORY}')
    return missed


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


def measure(what, config, rounds):
    print(f'\n{what}, median of {rounds}; limits: a day {LIMITS["day"]} s, all rows {LIMITS["all"]} s, {MOST_MEMORY} MiB')
    missed = ask_all(config, rounds) + list_all(config)
    for one in missed:
        print(f'MISSED  {what}: {one}')
    return len(missed)


def run(quick):
    small, large, rounds = (100_000, 1_000_000, 3) if quick else (1_000_000, 10_000_000, ROUNDS)
    with tempfile.TemporaryDirectory(prefix='iptracking-bench-', dir='/var/tmp') as folder:
        config = Path(folder) / 'iptracking.yml'
        config.write_text(f'database: {{driver-name: sqlite3, filename: {sqlite3_of(large, BUILD)}}}\n')
        missed = measure(f'sqlite3, {large} rows', config, rounds)
        server = Server()
        server.set(shared_buffers='128MB')      # the default of PostgreSQL
        server.restart()
        database = server.database()
        fill_postgres(database, small)
        config.write_text(f'database: {{driver-name: postgresql, host: {server.folder}, port: "{server.port}", '
                          f'dbname: {database.name}, user: postgres}}\n')
        missed += measure(f'postgresql, {small} rows', config, rounds)
        server.end()
        return missed
