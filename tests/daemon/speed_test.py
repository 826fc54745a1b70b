# SPDX-License-Identifier: GPL-2.0-or-later
"""Every question on a million rows; tests/bench/questions_bench.py asks ten million."""
import subprocess
import tempfile
import unittest
from pathlib import Path

from asked import GENERATOR, LIMITS, MOST_MEMORY, QUESTIONS, Asked, words_of
from programs import SANITIZED

ROWS = 1_000_000


@unittest.skipIf(SANITIZED, 'takes too long')
class Speed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix='iptracking-', dir='/var/tmp')
        cls.addClassCleanup(temporary.cleanup)
        file, cls.config = Path(temporary.name) / 'events.sqlite3', Path(temporary.name) / 'iptracking.yml'
        subprocess.run([GENERATOR, f'--rows={ROWS}', f'--sqlite={file}'], check=True, stderr=subprocess.DEVNULL)
        cls.config.write_text(f'database: {{driver-name: sqlite3, filename: {file}}}\n')

    def test_answers_on_a_million_rows_take_no_longer_than_they_may(self):
        """In processor time, since other things run here, too; the better one of two."""
        slowest = {}
        for question in QUESTIONS.strip().splitlines():
            for span, limit in LIMITS.items():
                with self.subTest(question=question, span=span):
                    asked = Asked(self.config, words_of(question, span), 2)
                    taken = min(asked.processor)
                    slowest[span] = max(slowest.get(span, (0,)), (taken, question))
                    self.assertLess(taken, limit)
                    self.assertLess(asked.memory, MOST_MEMORY)
        print('measured: ' + ', '.join(f'{span}: at most {taken:.2f} s of {LIMITS[span]} s ({question})'
                                       for span, (taken, question) in slowest.items()))
