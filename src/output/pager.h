// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"

#include <sys/types.h>

namespace iptracking {

/// Puts a pager behind standard output, as journalctl does: $SYSTEMD_PAGER, $PAGER, else less with $SYSTEMD_LESS or
/// FRSXMK.  Only where standard output is a terminal; not where one of them is empty or "cat".
///
/// Who runs us with more rights than his own (sudo) must not get a shell through it: then it is less, in its secure
/// mode, less(1), and the variables are not believed.  SYSTEMD_PAGERSECURE says otherwise.
class Pager {
public:
    /// Look at the terminal (colours, width) before.
    explicit Pager(bool wanted);
    /// Ends standard output, and waits until the reader leaves.
    ~Pager();
    Pager(const Pager &) = delete;
    Pager &operator=(const Pager &) = delete;

    bool is_running() const noexcept { return process_ > 0; }

private:
    pid_t process_ = 0;
    UniqueFd terminal_;
};

} // namespace iptracking
