#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run by "meson install": install-configuration.sh TEMPLATE FILE; a FILE that is there is never changed.
set -eu
template=${DESTDIR:-}$1 file=${DESTDIR:-}$2
if [ -e "$file" ] || [ -L "$file" ]; then exit 0; fi
mkdir -p "$(dirname "$file")"
# In a DESTDIR the group's number is not known yet: there the package has to set it.
group=root
if [ -z "${DESTDIR:-}" ] && getent group iptracking >/dev/null; then group=iptracking; fi
if [ "$(id -u)" = 0 ]; then owner="-o root -g $group"; else owner=; fi
# shellcheck disable=SC2086 # two words or none
install -m 0640 $owner "$template" "$file"
