# SPDX-License-Identifier: GPL-2.0-or-later
"""A network of three: a client, a router and a server, each in a network namespace that ends with us."""
import subprocess

CLIENT, SERVER = '10.255.1.2', '10.255.2.2'
NOBODY = '10.255.3.2'   # what is sent there is lost


class Network:
    """Raises a RuntimeError where there is no right to make one."""

    def __init__(self):
        self.holders = {name: self.namespace() for name in ('client', 'router', 'server')}
        for number, (name, address) in enumerate((('client', CLIENT), ('server', SERVER)), 1):
            gateway = f'10.255.{number}.1'
            self.ip('router', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'net', 'netns', self.holders[name].pid)
            self.ip('router', 'address', 'add', f'{gateway}/24', 'dev', name)
            self.ip('router', 'link', 'set', name, 'up')
            self.ip(name, 'address', 'add', f'{address}/24', 'dev', 'net')
            self.ip(name, 'link', 'set', 'lo', 'up')
            self.ip(name, 'link', 'set', 'net', 'up')
            self.ip(name, 'route', 'add', 'default', 'via', gateway)
        self.ip('router', 'route', 'add', 'blackhole', f'{NOBODY}/32')
        self.mend()

    @staticmethod
    def namespace():
        """A process in a new one, which ends when nobody holds its input any more."""
        holder = subprocess.Popen(['unshare', '--net', '/bin/sh', '-c', 'echo; exec cat'], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if not holder.stdout.readline():
            raise RuntimeError(holder.communicate()[1].decode().strip())
        return holder

    def inside(self, name):
        """The beginning of a command that runs there."""
        return ['nsenter', f'--net=/proc/{self.holders[name].pid}/ns/net', '--']

    def ip(self, name, *words):
        done = subprocess.run([*self.inside(name), 'ip', *(str(word) for word in words)], check=False, capture_output=True,
                              text=True)
        if done.returncode != 0:
            raise RuntimeError(f'ip {words}: {done.stderr.strip()}')

    def forward(self, on):
        script = 'echo $0 >/proc/sys/net/ipv4/ip_forward'
        subprocess.run([*self.inside('router'), '/bin/sh', '-c', script, str(int(on))], check=True)

    def cut(self):
        """What is sent is lost, and nobody is told."""
        self.forward(False)

    def mend(self):
        self.forward(True)

    def close(self):
        for holder in self.holders.values():
            holder.communicate()
