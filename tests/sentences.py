# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs unittest modules and says each test as the sentence that it is named by."""
import time
import traceback
import unittest


class SentenceResult(unittest.TestResult):
    """One line for each test.  `on_failure` may show more of the system."""

    def __init__(self, on_failure=lambda: None):
        super().__init__()
        self.on_failure = on_failure
        self.passed = 0
        self.failed = 0
        self.began = time.monotonic()

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def say(self, verdict, test, more=''):
        name = test.id().split('.', 1)[-1].replace('.test_', ': ').replace('_', ' ')
        print(f'{verdict:7} {name}{more} ({time.monotonic() - self.began:.1f} s)', flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
        self.say('ok', test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say('skipped', test, f': {reason}')

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.show(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self.show(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.show(subtest, error)

    def show(self, test, error):
        self.failed += 1
        self.say('FAILED', test)
        traceback.print_exception(*error)
        self.on_failure()

    def counts(self):
        return {'passed': self.passed, 'failed': self.failed, 'skipped': len(self.skipped)}


def chosen(suite, words):
    """The tests of a suite whose names hold the words."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from chosen(test, words)
        elif words.replace(' ', '_') in test.id():
            yield test
