# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/kill/writer.py FIFO RATE: so many numbered events a second into the pipe, each with a write(2) of its own.

On SIGTERM it says how many were taken whole, and in how many seconds.
"""
import os
import signal
import sys
import time

EVENT = 'iptracking/1 event=auth user={} src=192.0.2.7 sport=51234 dst=198.51.100.5 dport=22 service=sshd tty=ssh pid=4711\n'


def main():
    fifo = os.open(sys.argv[1], os.O_WRONLY)
    rate = int(sys.argv[2])
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    begin = time.monotonic()
    sent = 0
    while not stopped:
        due = (time.monotonic() - begin) * rate
        while sent < due and not stopped:
            line = EVENT.format(sent).encode()
            if os.write(fifo, line) != len(line):
                sys.exit('a line was torn')
            sent += 1
        time.sleep(0.0002)
    print(sent, time.monotonic() - begin)


main()
