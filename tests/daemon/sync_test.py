# SPDX-License-Identifier: GPL-2.0-or-later
"""log-pool.sync: batch, and what it costs."""
import statistics
import tempfile
import time
from pathlib import Path

from programs import SANITIZED, Csv, Programs, wait_until

EVENT = 'iptracking/1 event=auth time=1763716655123456 user={} src=192.0.2.7 sport=51234 dst=198.51.100.5 dport=22\n'
ROUNDS, LONE, FLOOD = (1, 20, 5_000) if SANITIZED else (3, 60, 50_000)


class Sync(Programs):
    def setUp(self):
        # On a disk: a file system in memory syncs for nothing.
        temporary = tempfile.TemporaryDirectory(prefix='iptracking-', dir='/var/tmp')
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def measure(self, mode, round_number):
        """Seconds from a lone event to its line in the file, the median; events a second of a flood."""
        folder = self.sub(f'{mode}-{round_number}')
        store = Csv(folder)
        daemon = self.daemon(folder=folder, passed=True, config=f'{store.config}log-pool: {{sync: {mode}}}\n')
        daemon.write(EVENT.format('first'))
        wait_until(lambda: store.count() == 1, what='the first line')
        lone = []
        for number in range(LONE):
            size = store.path.stat().st_size
            began = time.perf_counter()
            daemon.write(EVENT.format(number))
            while store.path.stat().st_size == size:
                pass
            lone.append(time.perf_counter() - began)
        size = store.path.stat().st_size
        daemon.write(EVENT.format('flood'))
        wait_until(lambda: store.path.stat().st_size > size, what='the last line before the flood')
        line, size = store.path.stat().st_size - size, store.path.stat().st_size
        data = EVENT.format('flood').encode() * 25
        began = time.perf_counter()
        for _ in range(FLOOD // 25):
            daemon.write(data)
        wait_until(lambda: store.path.stat().st_size == size + FLOOD * line, 60, 'the flood')
        rate = FLOOD / (time.perf_counter() - began)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(store.count(), 2 + LONE + FLOOD)
        return statistics.median(lone), rate

    def test_of_every_batch_stores_the_same_and_says_what_it_costs(self):
        found = {mode: [] for mode in ('no', 'batch')}
        for number in range(ROUNDS):
            for mode, results in found.items():
                results.append(self.measure(mode, number))
        lone, rate = ({mode: statistics.median(result[i] for result in results) for mode, results in found.items()}
                      for i in (0, 1))
        print(f"measured: log-pool.sync: batch, against no (csvfile, median of {ROUNDS}): a lone event is stored after "
              f"{lone['batch'] / lone['no']:.2f} of the time ({lone['batch'] * 1000:.2f} ms), "
              f"a flood at {rate['batch'] / rate['no']:.2f} of the rate ({rate['batch']:.0f} events/s)")
