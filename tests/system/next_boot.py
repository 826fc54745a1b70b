# SPDX-License-Identifier: GPL-2.0-or-later
"""What is prepared in one boot for the next ones."""
from pathlib import Path

from machine import CALLBACK, SOCKET, systemctl

UNITS = Path('/etc/systemd/system')
EARLY = 'early-event.service'


def start_sshd_with_the_system():
    """As on any machine; and what send_an_early_event() made, before it."""
    folder = UNITS / 'throwaway.service.d'
    folder.mkdir()
    (folder / 'test.conf').write_text(f'[Unit]\nWants=ssh.service {EARLY}\nAfter=ssh.service {EARLY}\n')
    systemctl('daemon-reload')


def send_an_early_event():
    """One that is in the pipe before sshd starts."""
    (UNITS / EARLY).write_text(f"""[Unit]
After={SOCKET}
Before=ssh.service
[Service]
Type=oneshot
RemainAfterExit=yes
Environment=PAM_TYPE=auth PAM_USER=early PAM_SERVICE=sshd
ExecStart={CALLBACK}
""")
