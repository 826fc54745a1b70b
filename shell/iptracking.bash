# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for iptracking(1): the program says what may stand next.

_iptracking() {
    local candidate
    local -a found
    mapfile -t found < <("$1" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    COMPREPLY=()
    for candidate in "${found[@]%%$'\t'*}"; do
        if [ "$candidate" = :files ]; then
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]#=}")
        else
            COMPREPLY+=("$candidate")
        fi
    done
} && complete -F _iptracking iptracking
