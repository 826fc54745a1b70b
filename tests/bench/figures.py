# SPDX-License-Identifier: GPL-2.0-or-later
"""What a run measured, each figure beside what is asked of it."""
import statistics
import sys
import time


class Figures:
    """Of one part of the benchmarks, in the order in which they were found; each is shown at once."""

    def __init__(self, part):
        self.part, self.began, self.seconds, self.all = part, time.monotonic(), 0.0, []

    def add(self, what, value, unit='', least=None, most=None, why=None):
        """`unit`: 'x' for a ratio.  `least` or `most`: the limit.  `why`: what was found to be the reason, where the limit
        is known to be out of reach; it is shown only then.
        """
        one = {'what': what, 'value': value, 'unit': unit}
        if least is not None or most is not None:
            limit = least if least is not None else most
            one |= {'limit': limit, 'at': 'least' if least is not None else 'most',
                    'reached': value >= limit if least is not None else value <= limit}
            if not one['reached'] and why:
                one['why'] = why
        self.all.append(one)
        say(line_of(one))

    def ended(self):
        self.seconds = time.monotonic() - self.began

    def missed(self):
        return [one for one in self.all if not one.get('reached', True)]


def say(text=''):
    """On the standard error, since the standard output is for the table or for JSON."""
    print(text, file=sys.stderr, flush=True)


def number(value):
    """As many digits as mean something."""
    if value >= 10_000:
        return f'{value:,.0f}'.replace(',', ' ')
    return f'{value:.0f}' if value >= 1000 else f'{value:.1f}' if value >= 100 else f'{value:.2f}' if value >= 0.1 else f'{value:.3g}'


def line_of(one):
    line = f'{one["what"]:76} {number(one["value"]):>11} {one["unit"]:9}'
    if 'limit' in one:
        line += f' {"≥" if one["at"] == "least" else "≤"} {number(one["limit"]):>9}  {"ok" if one["reached"] else "NOT REACHED"}'
    if 'why' in one:
        line += f'\n    because {one["why"]}'
    return line.rstrip()


def table_of(figures):
    lines = []
    for part in figures:
        lines += [f'--- {part.part} ({part.seconds:.0f} s)', *map(line_of, part.all), '']
    return '\n'.join(lines)


def in_turn(rounds, ways):
    """Calls all ways in each round, from either end by turns: what one leaves to be done in the background, the next one
    pays for.  Gives what they returned, a list for each.
    """
    results = [[] for _ in ways]
    for turn in range(rounds):
        order = range(len(ways)) if turn % 2 == 0 else reversed(range(len(ways)))
        for way in order:
            results[way].append(ways[way]())
    return results


def ratio(mine, theirs):
    """The median of the ratios of the rounds: what else the machine did in a round was about the same for both."""
    return statistics.median(one / other for one, other in zip(mine, theirs, strict=True))
