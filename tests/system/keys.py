# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys and certificates for ssh, and what ssh-keygen says of them."""
import re
from pathlib import Path

from machine import output, run

FOLDER = Path('/root/keys')


def make_key(name, *options):
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    run('ssh-keygen', '-q', '-N', '', '-C', name, '-f', FOLDER / name, *options)


def make_rsa_key(name, *groups):
    """Of primes that everybody knows: to find two of 4096 bits takes ssh-keygen a minute or more."""
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    p, q = map(_prime, groups)
    d = pow(65537, -1, (p - 1) * (q - 1))
    numbers = [0, p * q, 65537, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p)]
    description, binary, private = (FOLDER / f'{name}{suffix}' for suffix in ('.asn1', '.der', ''))
    description.write_text('asn1 = SEQUENCE:key\n[key]\n'
                           + ''.join(f'{place} = INTEGER:{number:#x}\n' for place, number in enumerate(numbers)))
    run('openssl', 'asn1parse', '-noout', '-genconf', description, '-out', binary)
    run('openssl', 'rsa', '-inform', 'DER', '-in', binary, '-out', private)
    private.chmod(0o600)
    Path(f'{private}.pub').write_text(run('ssh-keygen', '-y', '-f', private).stdout)


def _prime(group):
    """That of a well-known group for Diffie-Hellman, of as many bits as its name says."""
    file = FOLDER / group
    run('openssl', 'genpkey', '-genparam', '-algorithm', 'DH', '-pkeyopt', f'group:{group}', '-out', file)
    return int(re.search(r'INTEGER +:(\w+)', output('openssl', 'asn1parse', '-in', file))[1], 16)


def certify(name, authority, key_id, serial, principals):
    run('ssh-keygen', '-q', '-s', FOLDER / authority, '-I', key_id, '-z', str(serial), '-n', ','.join(principals),
        FOLDER / f'{name}.pub')


def fingerprint(name):
    return output('ssh-keygen', '-lf', f'{FOLDER}/{name}.pub').split()[1]


def certificate(name):
    """Key, key id, serial and the key of its authority, each as ssh-keygen prints it."""
    text = output('ssh-keygen', '-Lf', f'{FOLDER}/{name}-cert.pub')
    return [re.search(form, text)[1] for form in (r'Public key: \S+ (SHA256:\S+)', r'Key ID: "(.*)"', r'Serial: (\d+)',
                                                 r'Signing CA: \S+ (SHA256:\S+)')]
