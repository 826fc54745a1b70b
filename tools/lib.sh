# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the shell tools share; to be sourced, under "set -euo pipefail".

# Debian's names.
packages_to_build=(meson ninja-build g++ pkg-config musl-tools scdoc libcli11-dev
                   libsystemd-dev libyaml-dev libsqlite3-dev libpq-dev libxxhash-dev libutf8proc-dev nettle-dev
                   rapidjson-dev zlib1g-dev libkainjow-mustache-dev systemd)
packages_to_boot=(systemd-container libpam-systemd dbus openssh-server openssh-client
                  sqlite3 iproute2 procps python3)
# shellcheck disable=SC2034 # used by tools/test
packages_to_test=("${packages_to_build[@]}" "${packages_to_boot[@]}"
                  libgtest-dev libbenchmark-dev valgrind clang clang-tidy clang-format libclang-rt-14-dev llvm sudo cron
                  prometheus-node-exporter libfuse3-dev fuse3 zsh
                  postgresql python3-psycopg2 pgbouncer openssl rsync jq chromium)

say() { printf '==> %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

need_root() { [ "$(id -u)" = 0 ] || die "needs root: sudo $0"; }

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# install_packages PACKAGE…: only what is missing; starts no service.
install_packages() {
    local package missing=()
    for package; do is_installed "$package" || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "please install: ${missing[*]} (there is no apt-get here to do it)"
    need_root
    say "installing ${missing[*]}"
    (   # a subshell, so that its EXIT trap takes the policy away whatever happens
        policy=/usr/sbin/policy-rc.d
        if [ ! -e $policy ]; then
            trap 'rm -f $policy' EXIT
            trap 'exit 130' INT TERM HUP
            printf '#!/bin/sh\nexit 101\n' >$policy
            chmod 755 $policy
        fi
        export DEBIAN_FRONTEND=noninteractive
        install=(apt-get install --quiet --quiet --yes --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}")
        # The lists may be old or missing: one update is worth one more try.
        "${install[@]}" </dev/null >&2 2>/dev/null ||
            { apt-get update --quiet --quiet >&2 && "${install[@]}" </dev/null >&2; }
    )
}

# build_tree DIR [MESON_OPTION…] [-- TARGET…]: sets DIR up unless it is, and builds; as the owner of the clone, so that
# root leaves nothing in it that its owner cannot remove; with low priority, since tests of time may run meanwhile.
build_tree() {
    local dir=$1 clone as_owner=() log options=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
    [ $# = 0 ] || shift
    clone=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")
    if [ "$(id -u)" = 0 ] && [ "$(stat -c %u "$clone")" != 0 ]; then
        as_owner=(setpriv --reuid="$(stat -c %u "$clone")" --regid="$(stat -c %g "$clone")" --clear-groups)
    fi
    if [ ! -e "$dir/build.ninja" ]; then
        log=$("${as_owner[@]}" meson setup "$dir" "$clone" "${options[@]}" 2>&1) || { printf '%s\n' "$log" >&2; return 1; }
    fi
    "${as_owner[@]}" nice ninja --quiet -C "$dir" "$@" >&2
}

# add_pam_lines FILE COMMAND: COMMAND (a path and its options) at each phase, as pam/sshd-* show it and say why.
# Twice is as good as once.
add_pam_lines() {
    local file=$1 line="[default=ignore] pam_exec.so quiet seteuid $2" text
    remove_pam_lines "$file" || return
    text=$(awk -v line="$line" '
        function kind_of(text) {
            sub(/^[ \t]*(@include[ \t]+common-)?-?/, "", text)
            return match(text, /^(auth|account|session)/) ? substr(text, 1, RLENGTH) : ""
        }
        {
            text[NR] = $0
            kind = kind_of($0)
            if (!first[kind]) first[kind] = NR
            is_stack = $1 == "@include" || ($2 ~ /^(include|substack)$/ && $3 != "postlogin")
            if (kind == "session" && (is_stack || !after_stack)) last_session = NR
            if (kind == "session" && is_stack) after_stack = 1
        }
        END {
            for (i = 1; i <= NR; i++) {
                if (i == first["auth"]) print "auth    " line
                if (i == first["account"]) print "account " line
                print text[i]
                if (i == last_session) print "session " line
            }
        }' "$file") && replace_file "$file" "$text"
}

remove_pam_lines() {
    local text
    grep -q 'pam_exec\.so.*iptracking-pam-callback' "$1" || return 0
    text=$(grep -v 'pam_exec\.so.*iptracking-pam-callback' "$1") && replace_file "$1" "$text"
}

# Only whole files, since a login may read this one now.  Owner and mode stay.
replace_file() {
    local file new
    file=$(realpath "$1") && new=$(mktemp "$file.XXXXXX") || return
    if printf '%s\n' "$2" >"$new" && chmod --reference="$file" "$new" && chown --reference="$file" "$new"; then
        mv "$new" "$file"
    else
        rm -f "$new"
        return 1
    fi
}

# wait_until SECONDS COMMAND…: until it succeeds.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep .05
    done
}
