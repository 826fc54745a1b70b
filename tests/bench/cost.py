# SPDX-License-Identifier: GPL-2.0-or-later
"""What processes take of the processors."""
import os
from pathlib import Path

TICKS = os.sysconf('SC_CLK_TCK')


def stat_of(process):
    """From the third field on."""
    return Path(f'/proc/{process}/stat').read_text().rsplit(')', 1)[1].split()


def cpu_seconds(process):
    """Of it, its children, and those that have ended."""
    ticks = 0
    for folder in Path('/proc').glob('[0-9]*'):
        try:
            fields = stat_of(folder.name)
        except OSError:
            continue    # it has ended, so its parent has it
        if str(process) in (folder.name, fields[1]):
            ticks += sum(map(int, fields[11:15]))
    return ticks / TICKS
