#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run by "meson install" without DESTDIR: tell-systemd.sh SYSUSERS_FILE TMPFILES_FILE
# What a package's post-install script does elsewhere.
set -eu
if command -v systemd-sysusers >/dev/null; then systemd-sysusers "$1"; fi
# Outside a booted systemd (an image being built, say) there is no /run to fill and nobody to reload.
[ -d /run/systemd/system ] || exit 0
systemd-tmpfiles --create "$2"
systemctl daemon-reload
