# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting for facts."""
import time


def wait_until(fact, at_most=20, what='it'):
    """Polls a fact; fails when it does not come true."""
    end = time.monotonic() + at_most
    while not (value := fact()):
        if time.monotonic() > end:
            raise AssertionError(f'waited {at_most} s for {what}')
        time.sleep(0.005)
    return value
