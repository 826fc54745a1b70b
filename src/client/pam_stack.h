// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace iptracking {

/// A line of a PAM file, pam.d(5).
struct PamLine {
    std::string kind;    ///< auth, account, password, session
    std::string control; ///< "required", "[default=ignore]"…
    std::string module;  ///< "pam_unix.so"
    std::vector<std::string> arguments;
    std::string file;
    unsigned number = 0;   ///< of the line, from 1
    unsigned substack = 0; ///< 0: none; what ends a substack does not end what is around it

    std::string place() const { return file + ":" + std::to_string(number); }
    /// What the control says for an outcome, "success" or "default": "ignore", "ok", "done", "die", "3"…; the simple
    /// words of pam.d(5) mean what stands there.  "" for nothing.
    std::string action(std::string_view outcome) const;
    bool has(std::string_view argument) const;
};

/// The lines of this kind in the order in which PAM takes them, with those of included files.  `file` is a path.
/// Throws an Error if one cannot be read, or if they include each other.
std::vector<PamLine> read_pam_stack(const std::string &file, const std::string &kind);

} // namespace iptracking
