# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the events that were refused, and that the journal has, to the pipe: journal.py CURSOR_FILE

Each once: CURSOR_FILE remembers how far it came.  Prints how many it wrote.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

FIFO = '/run/iptracking.fifo'
REFUSED = 'MESSAGE_ID=a100bc82bb3c4159b69ae85d29eba2f6'     # src/pam_callback/refusal.cc
OF_ROOT = '_UID=0'      # anybody can write to the journal


def read(*options):
    """The entries that journalctl finds; all that was sent to journald by now is among them."""
    subprocess.run(['journalctl', '--sync'], check=True)
    found = subprocess.run(['journalctl', '--quiet', '--output=json', '--all', *options], check=True,
                           stdout=subprocess.PIPE).stdout
    return [json.loads(line) for line in found.splitlines()]


def skip(cursor_file):
    """As if all so far had been written."""
    cursor_file.write_text(read('--lines=1')[0]['__CURSOR'])


def name(cursor):
    """What names the entry: the other parts name the file that it was found in."""
    return {part for part in cursor.split(';') if part[0] in 'bmtx'}


def write_refused(cursor_file):
    last = cursor_file.read_text() if cursor_file.exists() else ''
    # Not --after-cursor: it passes over the first entry that matches, whether or not it is the one of the cursor.
    entries = [entry for entry in read(*([f'--cursor={last}'] if last else []), REFUSED, OF_ROOT)
               if name(entry['__CURSOR']) != name(last)]
    pipe = os.open(FIFO, os.O_WRONLY)       # blocking: as fast as the daemon takes them
    try:
        for entry in entries:
            os.write(pipe, entry['IPTRACKING_LINE'].encode() + b'\n')
            cursor_file.write_text(entry['__CURSOR'])
    finally:
        os.close(pipe)
    return len(entries)


if __name__ == '__main__':
    print(write_refused(Path(sys.argv[1])))
