# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the figures come from: machine and versions."""
import os
import platform
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

PACKAGES = 'g++', 'libc6', 'musl', 'systemd', 'openssh-server', 'libpam-modules', 'libsqlite3-0', 'postgresql', 'libpq5', 'pgbouncer'


def first_line(words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return done.stdout.partition('\n')[0].strip()


def processor():
    names = [line.partition(':')[2].strip() for line in Path('/proc/cpuinfo').read_text().splitlines() if line.startswith('model name')]
    return names[0] if names else platform.machine()


def fsync_seconds(rounds=50):
    """Of 4 096 bytes at the end of a file in /var/tmp: the median."""
    took = []
    with tempfile.TemporaryFile(dir='/var/tmp', buffering=0) as file:
        for _ in range(rounds):
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fdatasync(file)
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def describe():
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    versions = dict(line.split('\t') for line in subprocess.run(
        ['dpkg-query', '-W', '-f', '${Package}\t${Version}\n', *PACKAGES], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        check=False).stdout.splitlines())
    return {
        'processor': processor(), 'processors': len(os.sched_getaffinity(0)), 'memory_mib': memory >> 20,
        'virtualisation': first_line(['systemd-detect-virt']), 'kernel': platform.release(),
        'file_system': first_line(['stat', '-f', '-c', '%T', '/var/tmp']), 'fdatasync_ms': round(1000 * fsync_seconds(), 3),
        'load': os.getloadavg()[0], 'versions': versions,
    }


def text_of(machine):
    versions = ', '.join(f'{name} {version}' for name, version in machine['versions'].items())
    return (f'{machine["processors"]} × {machine["processor"]}, {machine["memory_mib"]} MiB, {machine["virtualisation"] or "no"} '
            f'virtualisation, Linux {machine["kernel"]}; /var/tmp on {machine["file_system"]}, fdatasync of 4 KiB '
            f'{machine["fdatasync_ms"]} ms; load at the start {machine["load"]:.2f}\n{versions}')
