# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium, told what to do over pipes (its DevTools protocol)."""
import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PROGRAM = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
AT_MOST = 30    # seconds for an answer


class Browser:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix='iptracking-browser-')
        its_input, self.commands = os.pipe()
        self.answers, its_output = os.pipe()
        # Where root runs it its own sandbox cannot be; the page is ours.  The program wants descriptors 3 and 4.
        options = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-dev-shm-usage',
                   '--disable-background-networking', '--remote-debugging-pipe', f'--user-data-dir={self.folder.name}', 'about:blank']
        self.process = subprocess.Popen(
            ['/bin/bash', '-c', f'exec 3<&{its_input} 4>&{its_output} {its_input}<&- {its_output}>&-; exec "$@"', 'bash', PROGRAM, *options],
            pass_fds=(its_input, its_output), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={'PATH': os.environ['PATH'], 'HOME': self.folder.name})
        os.close(its_input)
        os.close(its_output)
        self.numbers = itertools.count(1)
        self.received = b''
        self.events = []
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in 'Page', 'Runtime', 'Log', 'Network', 'DOM':
            self.call(f'{domain}.enable')

    session = None

    def close(self):
        os.close(self.commands)     # its end
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.answers)
        self.folder.cleanup()

    def receive(self, until):
        """The next message."""
        while b'\0' not in self.received:
            if not select.select([self.answers], [], [], max(0, until - time.monotonic()))[0]:
                raise AssertionError('the browser does not answer')
            data = os.read(self.answers, 1 << 20)
            if not data:
                raise AssertionError(f'the browser has ended with {self.process.wait()}')
            self.received += data
        message, _, self.received = self.received.partition(b'\0')
        return json.loads(message)

    def call(self, method, **parameters):
        number, until = next(self.numbers), time.monotonic() + AT_MOST
        message = {'id': number, 'method': method, 'params': parameters, **({'sessionId': self.session} if self.session else {})}
        data = json.dumps(message).encode() + b'\0'
        while data:
            data = data[os.write(self.commands, data):]
        while (message := self.receive(until)).get('id') != number:
            self.events.append(message)
        if 'error' in message:
            raise AssertionError(f'{method}: {message["error"]}')
        return message['result']

    def wait_for(self, method):
        until = time.monotonic() + AT_MOST
        while not any(event.get('method') == method for event in self.events):
            self.events.append(self.receive(until))

    def open(self, url):
        self.events.clear()
        self.call('Page.navigate', url=url)
        self.wait_for('Page.loadEventFired')

    def evaluate(self, script):
        """The value of an expression; promises are waited for."""
        result = self.call('Runtime.evaluate', expression=script, returnByValue=True, awaitPromise=True)
        if 'exceptionDetails' in result:
            raise AssertionError(result['exceptionDetails'])
        return result['result'].get('value')

    def complaints(self):
        """What it would show in its console."""
        self.evaluate('0')      # whatever was to be said before is said now
        found = []
        for event in self.events:
            if event.get('method') in ('Runtime.exceptionThrown', 'Runtime.consoleAPICalled', 'Log.entryAdded'):
                found.append(json.dumps(event['params']))
        return found

    def requests(self):
        return [event['params']['request']['url'] for event in self.events if event.get('method') == 'Network.requestWillBeSent']

    def show_on(self, width, height=800, mobile=False):
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=2 if mobile else 1, mobile=mobile)

    def prefer(self, scheme):
        self.call('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': scheme}])
