# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What a throw-away system (tools/boot) needs before somebody can log in to it; to be sourced, after lib.sh.

# The copied machine may have its own iptracking, with its own data.
forget_iptracking() {
    systemctl stop iptracking.socket iptracking.service 2>/dev/null || :
    rm -rf /etc/iptracking.yml /etc/systemd/system/iptracking.* /var/lib/iptracking /var/log/iptracking
    local file
    for file in /etc/pam.d/*; do remove_pam_lines "$file"; done
}

start_sshd() {
    mkdir -p /run/sshd
    ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/throwaway_key
    cat >/etc/ssh/sshd_config <<'X'
HostKey /etc/ssh/throwaway_key
UsePAM yes
PasswordAuthentication yes
KbdInteractiveAuthentication yes
MaxStartups 100
PrintMotd no
Subsystem sftp internal-sftp
X
    systemctl restart ssh.service
}

# add_user NAME PASSWORD: may log in by it, and by the key ~root/.ssh/throwaway.
add_user() {
    useradd --create-home --shell /bin/bash "$1"
    echo "$1:$2" | chpasswd
    mkdir -p ~/.ssh
    [ -e ~/.ssh/throwaway ] || ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/throwaway
    install -d -o "$1" -g "$1" -m 700 "/home/$1/.ssh"
    install -o "$1" -g "$1" -m 600 ~/.ssh/throwaway.pub "/home/$1/.ssh/authorized_keys"
    # Without a manager of the user that comes and goes with each login, logins take the same time.
    loginctl enable-linger "$1"
}

ssh_options=(-F none -i ~/.ssh/throwaway -o IdentitiesOnly=yes -o StrictHostKeyChecking=no
             -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR)

# with_passwords FILE COMMAND…: ssh or sftp take their passwords from FILE, one from each line.
with_passwords() {
    local ask
    ask=$(mktemp)
    # shellcheck disable=SC2016 # expanded when it runs
    printf '#!/bin/sh\nhead -n 1 "$PASSWORDS"\nsed -i 1d "$PASSWORDS"\n' >"$ask"
    chmod 700 "$ask"
    PASSWORDS=$1 SSH_ASKPASS=$ask SSH_ASKPASS_REQUIRE=force "${@:2}"
}
