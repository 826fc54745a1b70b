// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "line/line_buffer.h"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

namespace iptracking {

/// /proc/PID and `name` behind it; -1 if it cannot be opened.
inline int open_proc(pid_t pid, const char *name, int flags) {
    LineBuffer path;
    path.append("/proc/");
    path.append_number(static_cast<unsigned long long>(pid));
    path.append(name, strlen(name) + 1);
    return open(path.data(), flags | O_CLOEXEC);
}

/// The first bytes of a file in /proc/PID, as a string; empty if it cannot be read.
template <size_t size> void read_proc(pid_t pid, const char *name, char (&content)[size]) {
    content[0] = '\0';
    const int file = open_proc(pid, name, O_RDONLY);
    if (file < 0)
        return;
    const ssize_t got = read(file, content, size - 1);
    content[got > 0 ? got : 0] = '\0';
    close(file);
}

} // namespace iptracking
