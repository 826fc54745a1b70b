# SPDX-License-Identifier: GPL-2.0-or-later
"""How a session was opened and by which key: what is stored equals what ssh-keygen says of the same keys."""
import functools
import unittest
from pathlib import Path

import both
import machine
from keys import FOLDER, certificate, certify, fingerprint, make_key, make_rsa_key
from logins import ssh, with_keys
from machine import shell, systemctl

FIELDS = ('auth_method', 'auth_key', 'cert_id', 'cert_serial', 'cert_ca')
CUT_AUTH_INFO = 16
KEYS = {'ed25519': ['-t', 'ed25519'], **{f'ecdsa-{bits}': ['-t', 'ecdsa', '-b', bits] for bits in ('256', '384', '521')}}
RSA_KEYS = {'rsa-4096': ('modp_2048', 'ffdhe2048'), 'rsa-8192': ('modp_4096', 'ffdhe4096')}
PLAIN = [*KEYS, *RSA_KEYS]
AUTHORITIES = ['authority', 'rsa-authority']
MANY = [*(f'principal-{number}' for number in range(1, 256)), 'operator']   # as many as a certificate can have
STEPS = {'key-and-password': 'publickey,password', 'two-keys': 'publickey,publickey'}   # users, and what is asked of them


def make_keys():
    for name, options in [*KEYS.items(), ('one-principal', KEYS['ed25519']), ('authority', KEYS['ed25519'])]:
        make_key(name, *options)
    for name, groups in [*RSA_KEYS.items(), ('many-principals', ('modp_2048', 'dh_2048_224')),
                         ('rsa-authority', ('ffdhe2048', 'dh_2048_224'))]:
        make_rsa_key(name, *groups)
    certify('one-principal', 'authority', 'of one, "quoted"', 0, ['operator'])
    certify('many-principals', 'rsa-authority', 'of many', 2 ** 64 - 1, MANY)


def let_them_in():
    """What sshd has to know of keys and users."""
    for user in STEPS:
        shell(f'add_user {user} right')
    for user in ('visitor', *STEPS):
        with open(f'/home/{user}/.ssh/authorized_keys', 'a') as authorized:
            authorized.writelines((FOLDER / f'{name}.pub').read_text() for name in PLAIN)
    Path('/etc/ssh/authorities').write_text(''.join((FOLDER / f'{name}.pub').read_text() for name in AUTHORITIES))
    Path('/etc/ssh/principals').write_text('operator\n')
    with open('/etc/ssh/sshd_config', 'a') as configuration:
        configuration.write('TrustedUserCAKeys /etc/ssh/authorities\nAuthorizedPrincipalsFile /etc/ssh/principals\n')
        configuration.writelines(f'Match User {user}\nAuthenticationMethods {methods}\n' for user, methods in STEPS.items())
    systemctl('restart', 'ssh.service')


@functools.cache
def expectations():
    """What is to be stored of each visit, in the order of visit()."""
    by_keys = lambda method, *names: (method, ','.join(map(fingerprint, names)), None, None, None)
    return {
        'password': ('password', None, None, None, None),
        'keyboard-interactive': ('keyboard-interactive', None, None, None, None),
        **{name: by_keys('publickey', name) for name in PLAIN},
        'one-principal': ('publickey', *certificate('one-principal')),
        'many-principals': ('publickey', *certificate('many-principals')[:-1], None),   # the authority stands behind them
        'key-and-password': by_keys('publickey,password', 'ed25519'),
        'two-keys': by_keys('publickey,publickey', 'ed25519', 'rsa-4096'),
    }


def visit():
    def by_key(*names, user='visitor', **more):
        return ssh(program=['ssh', *with_keys(*(FOLDER / name for name in names)), '-l', user], **more)
    logins = [ssh(passwords=['right']), ssh(passwords=['right'], method='keyboard-interactive'),
              *map(by_key, [*PLAIN, 'one-principal', 'many-principals']),
              by_key('ed25519', user='key-and-password', passwords=['right'], method='publickey,password'),
              by_key('ed25519', 'rsa-4096', user='two-keys')]
    failed = [login.text for login in logins if not login.succeeded]
    if failed:
        raise AssertionError(failed)
    ssh(passwords=['wrong'])
    ssh('nobody-here', passwords=['wrong'])


@functools.cache
def lines():
    make_keys()
    let_them_in()
    return machine.lines_of(visit)


def setUpModule():
    lines()     # where this fails there is nothing to be tested


class Keys:
    maxDiff = None

    def setUp(self):
        self.kind = both.DATABASES[self.DRIVER].kind
        self.rows = both.stored(self.DRIVER, lines())
        self.expected = expectations()

    def rows_of(self, kind):
        return [row for row in self.rows if self.kind(row) == kind]

    def assert_stored(self, kind):
        rows = self.rows_of(kind)
        stored = [tuple(None if row[field] is None else str(row[field]) for field in FIELDS) for row in rows]
        self.assertEqual(dict(zip(self.expected, stored)), self.expected)
        self.assertEqual(len(rows), len(self.expected))

    def test_what_opens_a_session_says_how_and_by_which_key(self):
        self.assert_stored('open_session')

    def test_what_closes_it_says_so_too(self):
        self.assert_stored('close_session')

    def test_only_what_was_cut_is_flagged(self):
        cut = {name: (row['flags'] or 0) & CUT_AUTH_INFO for name, row in zip(self.expected, self.rows_of('open_session'))}
        self.assertEqual({name for name in cut if cut[name]}, {'many-principals'})

    def test_an_attempt_says_nothing_of_keys(self):
        rows = self.rows_of('auth') + self.rows_of('account')
        self.assertIn('nobody-here', [row['uid'] for row in rows])
        self.assertEqual({row[field] for row in rows for field in FIELDS}, {None})

    def test_the_client_finds_sessions_by_a_key(self):
        key = fingerprint('ed25519')
        opened = [row['id'] for row in self.rows_of('open_session') if key in (row['auth_key'] or '')]
        self.assertEqual(len(opened), 3)
        self.assertEqual([row['id'] for row in both.ask(self.DRIVER, 'sessions', '--key', key)], opened)

    def test_the_client_says_who_came_with_which_key(self):
        keys = {}
        for name, (_, fingerprints, *_) in self.expected.items():
            for key in fingerprints.split(',') if fingerprints else []:
                keys.setdefault(key, []).append(name if name in STEPS else 'visitor')
        self.assertEqual({row['key']: (row['sessions'], set(row['users'])) for row in both.ask(self.DRIVER, 'keys')},
                         {key: (len(users), set(users)) for key, users in keys.items()})


class InSqlite(Keys, unittest.TestCase):
    DRIVER = 'sqlite3'


class InPostgresql(Keys, unittest.TestCase):
    DRIVER = 'postgresql'
