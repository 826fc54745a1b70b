# SPDX-License-Identifier: GPL-2.0-or-later
"""Large databases of SQLite, made once by tests/tools/event-generator and kept beside the programs."""
import hashlib
import subprocess
import time
from pathlib import Path

from asked import BUILD, GENERATOR

ROOT = Path(__file__).resolve().parents[2]


def sqlite3_of(rows, figures):
    """One that was made before of the same rows by the same sources, or a new one; whoever writes to it takes a copy."""
    sources = [path for folder, names in {'sql': 'sqlite3-*.sql', 'tests/tools': '*.cc', 'src/store': 'sqlite_*.cc'}.items()
               for path in sorted((ROOT / folder).glob(names))]
    made_by = hashlib.sha256(b''.join(path.read_bytes() for path in sources)).hexdigest()[:12]
    path = BUILD / f'events-{rows}-{made_by}.sqlite3'
    if not path.exists():
        for old in BUILD.glob(f'events-{rows}-*'):
            old.unlink()
        new, began = path.with_suffix('.new'), time.monotonic()
        subprocess.run([GENERATOR, f'--rows={rows}', f'--sqlite={new}'], check=True)
        new.rename(path)
        for suffix in '-wal', '-shm':
            Path(f'{new}{suffix}').unlink(missing_ok=True)
        figures.add(f'a database of {rows:.0e} rows, made once', time.monotonic() - began, 's')
    return path
