// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace iptracking {

/// How the callback ends; iptracking-pam-callback(8) lists the same.  Zero means that the event is safe in the
/// pipe; everything from `pipe_missing` on means that it was refused: counted, and left in the journal.
enum class ExitStatus : int {
    stored = 0,
    usage = 2,         ///< a wrong option
    not_from_pam = 3,  ///< no PAM_TYPE in the environment: there is no event
    ignored = 4,       ///< an event of a kind or origin that is not wanted here: nothing was sent
    pipe_missing = 10, ///< there is no such pipe
    not_a_pipe = 11,   ///< the path is something else
    pipe_denied = 12,  ///< it cannot be opened, for another reason
    no_reader = 13,    ///< nobody holds it open for reading, until the time-out
    pipe_full = 14,    ///< no room in it, until the time-out
    given_up = 15,     ///< it would have to wait, but another callback has just waited in vain
    write_failed = 16, ///< the kernel refused the write, for another reason
};

} // namespace iptracking
