# SPDX-License-Identifier: GPL-2.0-or-later
"""Many hosts, each a daemon of its own, that log in to one PostgreSQL."""
import heapq
import json
import os
import random
import subprocess
import time

from waiting import wait_until

PHASES = 'auth', 'account', 'open_session', 'close_session'


class Host:
    """`number`: that of its next event, which the user is named by."""

    def __init__(self, name, folder, program, database):
        self.name, self.number = name, 0
        self.errors = folder / 'stderr'
        for path in folder, folder / 'state', folder / 'run':
            path.mkdir()
        os.mkfifo(folder / 'fifo')
        self.fifo = os.open(folder / 'fifo', os.O_RDWR | os.O_NONBLOCK)
        (folder / 'iptracking.yml').write_text(f'fifo-file: {folder}/fifo\ndatabase: {json.dumps(database)}\n')
        environment = {'STATE_DIRECTORY': str(folder / 'state'), 'RUNTIME_DIRECTORY': str(folder / 'run'), 'TZ': 'UTC'}
        with open(self.errors, 'wb') as errors:
            self.process = subprocess.Popen([program, '-c', folder / 'iptracking.yml'], env=environment, stderr=errors,
                                            stdin=subprocess.DEVNULL)

    def lines(self, logins):
        """Of the next ones."""
        time_usec = time.time_ns() // 1000
        first, self.number = self.number, self.number + logins * len(PHASES)
        return ''.join(f'iptracking/1 event={PHASES[number % 4]} time={time_usec + number - first} host={self.name} '
                       f'src=192.0.2.{number // 4 % 256} sport={1024 + number // 4 % 50000} dst=198.51.100.5 dport=22 '
                       f'pid={1000 + number // 4} user={number} service=sshd tty=ssh\n'
                       for number in range(first, self.number)).encode()

    def log_in(self):
        """Four events; the pipe has room for some hundred, and the daemon takes them whatever becomes of the database."""
        os.write(self.fifo, self.lines(1))

    def is_storing(self):
        return b'storing events' in self.errors.read_bytes()


class Fleet:
    """`database`: keywords of the configuration."""

    def __init__(self, folder, program, size, database):
        database = {'driver-name': 'postgresql', **database}
        self.hosts = [Host(f'host-{n}', folder / f'host-{n}', program, database) for n in range(size)]
        self.random = random.Random(size)

    def wait_until_storing(self, at_most=120):
        waiting = list(self.hosts)

        def none():
            waiting[:] = [host for host in waiting if not host.is_storing()]
            return not waiting
        wait_until(none, at_most, 'all hosts')

    def log_in(self, seconds, rate):
        """At random times, `rate` logins a second of all hosts together."""
        began = time.monotonic()
        due = [(began + self.random.expovariate(rate / len(self.hosts)), number) for number in range(len(self.hosts))]
        heapq.heapify(due)
        while (first := due[0])[0] < began + seconds:
            time.sleep(max(0, first[0] - time.monotonic()))
            self.hosts[first[1]].log_in()
            heapq.heapreplace(due, (first[0] + self.random.expovariate(rate / len(self.hosts)), first[1]))

    def flood(self, logins):
        """As many of each host, as fast as all pipes take them."""
        left = {host: memoryview(host.lines(logins)) for host in self.hosts}
        while left:
            for host, data in list(left.items()):
                try:
                    left[host] = data[os.write(host.fifo, data[:65536]):]
                except BlockingIOError:
                    continue
                if not left[host]:
                    del left[host]
            time.sleep(0.001)

    def sent(self):
        return sum(host.number for host in self.hosts)

    def numbers(self):
        """What has to be stored of each host, in its order."""
        return {host.name: list(range(host.number)) for host in self.hosts if host.number}

    def memory(self):
        """Of a daemon in bytes: resident, and in proportion to who shares it; the most."""
        found = []
        for host in self.hosts:
            with open(f'/proc/{host.process.pid}/smaps_rollup', encoding='ascii') as file:
                fields = dict(line.split(':', 1) for line in list(file)[1:])
            found.append(tuple(int(fields[name].split()[0]) * 1024 for name in ('Rss', 'Pss')))
        return max(found)

    def stop(self):
        """Gives the exit statuses that are not 0."""
        for host in self.hosts:
            host.process.terminate()
        statuses = [host.process.wait(60) for host in self.hosts]
        for host in self.hosts:
            os.close(host.fifo)
        return [status for status in statuses if status]

    def kill(self):
        """What still runs."""
        for host in self.hosts:
            if host.process.poll() is None:
                host.process.kill()
                host.process.wait()


def stored_numbers(database):
    """The events of each host in the order in which they were stored."""
    return dict(database.query('SELECT host, array_agg(uid::int ORDER BY id) FROM inet_log GROUP BY host'))
