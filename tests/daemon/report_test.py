# SPDX-License-Identifier: GPL-2.0-or-later
"""The report: as a page in a real browser, as a text for a mail, as JSON."""
import datetime
import json
import os
import random
import subprocess
import time
import unittest

import browser
from client_test import DAY, Client
from programs import BUILD, DRIVERS, Postgres, Run

CLIENT = BUILD / 'src/client/iptracking'
HOSTILE = ['<script>window.hacked=1</script>', '"><img src=x onerror=window.hacked=1>', "' onmouseover='window.hacked=1", '</title><svg onload=window.hacked=1>',
           '{{host}}', '&lt;b&gt;', '\u202etxt.exe', '\u200bhidden', 'javascript:window.hacked=1', 'x' * 300, '\x1b[2J', 'مرحبا']
TABLES = {'new_pairs', 'open_sessions', 'success_after_failures'}


def escaped(text):
    return ''.join(f'\\x{byte:02x}' for byte in text.encode())


def key_of(number):
    return f'SHA256:{number:043}'


def events_of_a_week(now):
    """Scanners, and users who log in; those who try first are among them, and so are the hostile names."""
    choice = random.Random(5)
    lines = []

    def add(event, when, user, source, port, pid, more=''):
        lines.append((when, f'iptracking/1 event={event} time={int(when * 1e6)} user={escaped(user)} src={source} sport={port} '
                            f'dst=198.51.100.5 dport=22 pid={pid} service=sshd tty=ssh host=www{more}\n'))
    for number in range(4000):
        source = f'{choice.choice(["203.0.113", "203.0.112", "198.18.7", "198.18.9", "100.64.3"])}.{choice.randrange(1, 250)}'
        add('auth', now - choice.random() * 9 * DAY, choice.choice(['root', 'admin', 'oracle', *HOSTILE]), source, 1024 + number, 10_000 + number)
    for number, user in enumerate(['alice', 'bob', 'carol', *HOSTILE]):
        when, source = now - choice.random() * 6 * DAY, f'192.0.2.{number + 1}' if number % 2 else f'2001:db8:{number}::7'
        for more in range(3):
            add('auth', when + more, user, source, 7000 + number, 500 + number)
        add('account', when + 3, user, source, 7000 + number, 500 + number)
        key = f' auth_method=publickey auth_key={key_of(number)}'
        add('open_session', when + 4, user, source, 7000 + number, 500 + number, f' rx_bytes=2000 tx_bytes=3000{key}')
        if number % 3:
            add('close_session', when + 600, user, source, 7000 + number, 500 + number, f' rx_bytes={100_000 + number} tx_bytes=70000')
    for event, when in ('open_session', now - 8 * DAY), ('close_session', now - 8 * DAY + 60):     # so the first key is not new
        add(event, when, 'alice', '192.0.2.99', 7999, 499, f' rx_bytes=1 tx_bytes=1 auth_key={key_of(0)}')
    return [line for _, line in sorted(lines)]


class Reported(Client):
    """A week that ended when the test began."""
    now = time.time()

    def start(self, folder=None, driver='sqlite3'):
        run = Run(self, folder or self.folder, driver)
        lines = events_of_a_week(self.now)
        run.daemon.write(''.join(lines))
        run.sent += len(lines)
        run.wait_until_stored()
        self.config = self.configure(run.store.config)
        self.page = self.folder / 'report.html'
        return run

    def report(self, *words, status=0, **environment):
        done = subprocess.run([CLIENT, '-c', self.config, 'report', *words], capture_output=True, check=False, timeout=60,
                              env={'TZ': 'Europe/Berlin', 'LC_ALL': 'C.UTF-8', **environment})
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done.stdout.decode()


class Written(Reported):
    def setUp(self):
        super().setUp()
        self.kept = self.start()

    def test_a_page_is_replaced_as_a_whole_and_is_for_the_group(self):
        self.page.write_text('old')
        with open(self.page, encoding='utf-8') as old:
            self.assertEqual(self.report('--html', str(self.page)), '')
            self.assertEqual(old.read(), 'old')
        self.assertTrue(self.page.read_text().endswith('</html>\n'))
        self.assertEqual(self.page.stat().st_mode & 0o777, 0o640)
        self.assertEqual([path.name for path in self.folder.glob('report*')], ['report.html'])
        self.report('--html', '/nowhere/report.html', status=3)
        self.assertEqual(self.report('-o', 'pdf', status=2), '')

    def test_what_lies_under_the_temporary_name_is_not_written_to(self):
        aside, victim = self.folder / 'report.html.new', self.folder / 'victim'
        victim.write_text('mine')
        for lay in (lambda: aside.symlink_to(victim), lambda: os.link(victim, aside)):
            lay()
            self.report('--html', str(self.page))
            self.assertEqual((victim.read_text(), self.page.read_text()[-8:]), ('mine', '</html>\n'))
            self.assertFalse(self.page.is_symlink() or self.page.samefile(victim))
            self.assertFalse(os.path.lexists(aside))

    def test_the_text_fits_a_mail_and_has_every_panel(self):
        for locale in 'C.UTF-8', 'C':
            said = self.report(LC_ALL=locale)
            self.assertLessEqual(max(map(len, said.splitlines())), 78)
            self.assertNotIn('\x1b', said)
            self.assertNotIn('\u202e', said)
            for title in ('Success after failures', 'New for the user', 'Open sessions', 'Attempts, and how many', 'weekday and hour', 'Nets: ', 'Users: ',
                          'Traffic by day', 'Users who moved most', 'New keys'):
                self.assertIn(title, said)
            if locale == 'C':
                self.assertTrue(said.isascii())

    def test_the_json_holds_what_the_database_holds(self):
        report = json.loads(self.report('-o', 'json'))
        since, until = (report[name] for name in ('since', 'until'))
        self.assertRegex(since, r'\+0[12]:00$')
        report = json.loads(self.report('-o', 'json', '--utc', '-S', since, '-U', until))
        begin, end = (report[name] for name in ('since', 'until'))
        ask = lambda sql: self.kept.store.query(sql.format(f"log_date >= '{begin}' AND log_date < '{end}'"))[0][0]
        total = report['total']
        self.assertEqual(total['failures'], ask('SELECT count(*) FROM failures WHERE {}'))
        self.assertEqual(total['successes'], ask("SELECT count(*) FROM inet_log WHERE outcome = 'success' AND {}"))
        self.assertEqual(total['events'], ask('SELECT count(*) FROM inet_log WHERE {}'))
        self.assertEqual(total['attempts'], total['failures'] + total['successes'])
        for name in 'failures', 'successes', 'attempts', 'sessions':
            self.assertEqual(sum(slot[name] for slot in report['over_time']), total[name], name)
            self.assertEqual(sum(hour[name] for hour in report['week']), total[name], name)
            self.assertEqual(sum(net[name] for net in report['nets']), total[name], name)
        self.assertEqual(len(report['week']), 168)
        self.assertGreater(report['before']['attempts'], 0)
        users = {user['user']: user for user in report['users']}
        self.assertIn('<script>window.hacked=1</script>', users)
        for table in TABLES:
            self.assertEqual(len(report[table]), min(25, report[f'{table}_total']), table)
            self.assertGreater(report[f'{table}_total'], 3, table)
        self.assertEqual(report['success_after_failures'][0]['failures'], 2)    # the third attempt succeeded
        self.assertEqual(len(report['headline']), 5)
        moved = [ask(f"SELECT sum({way}_bytes) FROM traffic WHERE {{}} AND open_id IS NOT NULL") for way in ('rx', 'tx')]
        for table in 'traffic_days', 'traffic_users':
            self.assertEqual([sum(row[f'{way}_bytes'] for row in report[table]) for way in ('rx', 'tx')], moved, table)
        days = [datetime.date.fromisoformat(row['day']) for row in report['traffic_days']]
        self.assertEqual([day - days[0] for day in days], [datetime.timedelta(days=i) for i in range(len(days))])
        self.assertEqual({row['key'] for row in report['new_keys']}, {key_of(1 + i) for i in range(report['new_keys_total'])})
        self.assertEqual(report['new_keys_total'], 2 + len(HOSTILE))

    @unittest.skipUnless('postgresql' in DRIVERS, 'the build has no postgresql')
    def test_postgresql_tells_the_same(self):
        times = ['-S', f'@{self.now - 7 * DAY:.0f}', '-U', f'@{self.now:.0f}']
        report = json.loads(self.report('-o', 'json', *times))
        store = Postgres(self.sub('postgresql'))
        store.keywords['client'] = {'user': 'postgres'}
        self.start(self.folder / 'postgresql', store)
        other = json.loads(self.report('-o', 'json', *times))
        self.assertIn('postgresql', other['database'])
        for name in 'database', 'made':
            del report[name], other[name]
        for name, found in report.items():
            self.assertEqual(other[name], found, name)

    def test_a_selection_is_reported_alone_and_nothing_is_status_1(self):
        report = json.loads(self.report('-o', 'json', '--user', 'alice'))
        self.assertEqual((report['total']['successes'], [user['user'] for user in report['users']]), (1, ['alice']))
        report = json.loads(self.report('-o', 'json', '--user', 'nobody-at-all', status=1))
        self.assertEqual((report['total']['attempts'], report['total']['success_ratio'], report['nets']), (0, None, []))
        self.assertIn('Nobody tried to log in', self.report('--user', 'nobody-at-all', status=1))


VISIBLE = "[...document.querySelectorAll('svg[role=img]')].filter(one => one.checkVisibility())"
PICTURES = VISIBLE + """.map(one => ({
    title: one.querySelector('title').textContent, says: one.querySelector('desc').textContent,
    width: one.getBoundingClientRect().width, height: one.getBoundingClientRect().height,
    marks: [...one.querySelectorAll('rect')].filter(mark => { const box = mark.getBoundingClientRect(); return box.width > 0 && box.height > 0 }).length,
    outside: [...one.querySelectorAll('rect')].filter(mark => mark.getBoundingClientRect().right > one.getBoundingClientRect().right + 1).length}))"""
CONTRAST = """(() => {
    const light = colour => { const [r, g, b] = colour.match(/\\d+/g).slice(0, 3).map(part => part / 255).map(
        part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b };
    const page = light(getComputedStyle(document.body).backgroundColor);
    return ['h1', 'h2', 'td', 'th', '.quiet', '.scale', '.headline li'].map(what => {
        const ink = light(getComputedStyle(document.querySelector(what)).color);
        return (Math.max(page, ink) + .05) / (Math.min(page, ink) + .05) }) })()"""
INJECT = """new Promise(done => {
    const refused = [];
    document.addEventListener('securitypolicyviolation', violation => refused.push(violation.violatedDirective));
    const script = document.createElement('script'); script.textContent = 'window.hacked = 1'; document.body.append(script);
    const image = new Image(); image.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='; document.body.append(image);
    const frame = document.createElement('iframe'); frame.src = 'data:text/html,x'; document.body.append(frame);
    setTimeout(() => done([window.hacked === 1, refused.sort().join(' ')]), 200) })"""


@unittest.skipUnless(browser.PROGRAM, 'there is no chromium')
class InABrowser(Reported):
    def setUp(self):
        super().setUp()
        self.start()
        self.report('--html', str(self.page))
        self.browser = browser.Browser()
        self.addCleanup(self.browser.close)
        self.browser.show_on(1100)
        self.browser.open(self.page.as_uri())

    def test_the_page_is_what_it_should_be(self):
        for check in (self.opens_without_a_complaint, self.every_picture_is_seen, self.names_are_text, self.it_fits_a_phone,
                      self.light_and_dark_differ_and_can_be_read, self.the_policy_lets_nothing_run):
            with self.subTest(check.__name__):
                check()

    def opens_without_a_complaint(self):
        self.assertEqual(self.browser.complaints(), [])
        self.assertEqual(self.browser.requests(), [self.page.as_uri()])
        self.assertGreater(self.browser.evaluate('document.body.innerText.length'), 1000)

    def every_picture_is_seen(self):
        for width in 1100, 360:
            self.browser.show_on(width)
            pictures = self.browser.evaluate(PICTURES)
            titles = [picture['title'] for picture in pictures]
            for title in 'Attempts that failed', 'Attempts that succeeded', 'Attempts by weekday and hour', 'Nets by attempts':
                self.assertEqual(titles.count(title), 1, titles)
            self.assertGreater(len(pictures), 4)    # and the ratios
            for picture in pictures:
                self.assertTrue(picture['says'], picture)
                self.assertGreater(min(picture['width'], picture['height'], picture['marks']), 0, picture)
                self.assertEqual(picture['outside'], 0, picture)
        self.browser.show_on(1100)

    def names_are_text(self):
        self.assertEqual(self.browser.evaluate("[...document.querySelectorAll('script, img, iframe, object, a, form, link')].length"), 0)
        self.assertEqual(self.browser.evaluate("[...document.querySelectorAll('*')].flatMap(one => one.getAttributeNames()).filter(name => name.startsWith('on'))"), [])
        text = self.browser.evaluate('document.body.innerText')
        for name in HOSTILE[:4] + ['{{host}}', '&lt;b&gt;', '\\u{202e}txt.exe', '\\u{200b}hidden', '\\x1b[2J']:
            self.assertIn(name, text)
        for hidden in '\u202e\u200b\x1b':
            self.assertNotIn(hidden, text)
        self.browser.evaluate("for (const one of document.querySelectorAll('*')) one.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))")
        self.assertEqual(self.browser.evaluate('typeof window.hacked'), 'undefined')

    def it_fits_a_phone(self):
        self.browser.show_on(360, mobile=True)
        self.assertEqual(self.browser.evaluate('innerWidth'), 360)
        self.assertLessEqual(self.browser.evaluate('document.documentElement.scrollWidth'), 360)
        self.assertEqual(self.browser.evaluate("""[...document.querySelectorAll('body *')].filter(one => !one.closest('svg.leaf') &&
            one.getBoundingClientRect().right > 361).map(one => one.outerHTML.slice(0, 200))"""), [])
        self.assertGreaterEqual(self.browser.evaluate("parseFloat(getComputedStyle(document.querySelector('svg text')).fontSize)"), 11)
        self.browser.show_on(1100)

    def light_and_dark_differ_and_can_be_read(self):
        colours = set()
        for scheme in 'light', 'dark':
            self.browser.prefer(scheme)
            colours.add(self.browser.evaluate("getComputedStyle(document.body).backgroundColor + getComputedStyle(document.querySelector('rect.failed')).fill"))
            self.assertGreater(min(self.browser.evaluate(CONTRAST)), 4.5, scheme)
        self.assertEqual(len(colours), 2)

    def the_policy_lets_nothing_run(self):
        refused = [False, 'frame-src img-src script-src-elem']
        self.assertEqual(self.browser.evaluate(INJECT), refused)
        # It is the policy that does it: without it the same is run.
        page = self.page.read_text()
        open_page = self.folder / 'open.html'
        open_page.write_text(page.replace('Content-Security-Policy', 'X-Nothing'))
        self.browser.open(open_page.as_uri())
        self.assertEqual(self.browser.evaluate(INJECT), [True, ''])
