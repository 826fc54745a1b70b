# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the tests of one file inside the booted system; called by tests/system/run.

A file whose tests need reboots names its classes in the order of the boots: BOOTS = [(First, AlsoFirst), (Second,), …].
"""
import importlib
import json
import os
import sys
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import machine
import sentences

REBOOT = 100                            # what tools/boot takes as the wish for a reboot
KEPT = '/var/tmp/system-test-counts'    # the counts of the boots before this one


def show_journal():
    print(machine.output('journalctl', '--no-pager', '-n', '15', '-o', 'short-precise', '-u', 'iptracking.*',
                         '-u', 'ssh.service'), flush=True)


class Daemon(unittest.TestCase):
    """After everything else."""

    def test_never_crashed_by_itself(self):
        said = machine.output('journalctl', '--quiet', '--output=cat', '-u', machine.SERVICE, '--grep',
                              'status=(11/SEGV|7/BUS)|terminate called')
        self.assertEqual(said, '')


def main():
    build, name = sys.argv[1:3]
    name, _, words = name.partition('.')
    boot = int(os.environ['BOOT'])
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    if boot == 1:
        machine.prepare(build)
    else:
        counts = json.load(open(KEPT))
    module = importlib.import_module(f'{name}_test')
    loader = unittest.defaultTestLoader
    boots = getattr(module, 'BOOTS', None)
    suite = unittest.TestSuite(map(loader.loadTestsFromTestCase, boots[boot - 1]) if boots else
                               loader.loadTestsFromModule(module))
    result = sentences.SentenceResult(show_journal)
    unittest.TestSuite(sentences.chosen(suite, words)).run(result)
    if not boots or boot == len(boots):
        loader.loadTestsFromTestCase(Daemon).run(result)
    for verdict, number in result.counts().items():
        counts[verdict] += number
    if boots and boot < len(boots):
        json.dump(counts, open(KEPT, 'w'))
        return REBOOT
    print(*(f'{key}={value}' for key, value in counts.items()), f'{name}', flush=True)
    return 1 if counts['failed'] else 0


sys.exit(main())
