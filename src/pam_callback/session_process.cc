// SPDX-License-Identifier: GPL-2.0-or-later
#include "pam_callback/session_process.h"

#include "pam_callback/proc_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

namespace iptracking {
namespace {

/// sshd's own words, setproctitle(3): the names in its titles are those of accounts that exist, so no stranger
/// can type this ending.
bool is_pam_child_of_sshd(pid_t pid) {
    char title[1024];
    read_proc(pid, "/cmdline", title);
    constexpr char ending[] = " [pam]";
    const size_t size = strlen(title), wanted = sizeof(ending) - 1;
    return size > wanted && strcmp(title + size - wanted, ending) == 0;
}

/// The fourth field of /proc/PID/stat; the second, the program's name in parentheses, may hold anything.
pid_t parent_of(pid_t pid) {
    char stat[512];
    read_proc(pid, "/stat", stat);
    const char *name_end = strrchr(stat, ')');
    return name_end && strlen(name_end) > 4 ? static_cast<pid_t>(strtol(name_end + 4, nullptr, 10)) : 0;
}

} // namespace

pid_t session_process(const char *pam_type, const char *tty) {
    const pid_t parent = getppid();
    const bool from_sshd = tty && strcmp(tty, "ssh") == 0;
    const bool can_be_pam_child = from_sshd && pam_type[0] == 'a'; // auth, account
    if (!can_be_pam_child || !is_pam_child_of_sshd(parent))
        return parent;
    const pid_t monitor = parent_of(parent);
    return monitor > 1 ? monitor : parent;
}

} // namespace iptracking
