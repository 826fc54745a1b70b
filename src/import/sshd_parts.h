// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "import/sshd_message.h"

#include <string_view>

/// What the messages of sshd are made of.  Each gives false for what is none.
namespace iptracking {

/// In text files anybody may have written a number.
inline constexpr int most_repetitions = 1'000;

/// An address, a name, or UNKNOWN.
bool read_host(std::string_view word, SshdMessage &message) noexcept;

/// "ADDR port N", or with `may_lack_port` also "ADDR", is taken from the end; a name is no address here.
bool take_source(std::string_view &text, SshdMessage &message, bool may_lack_port = false) noexcept;

/// "METHOD for [invalid user ]USER from ADDR port N ssh2[: INFO]"
bool read_result(std::string_view text, SshdMessage &message) noexcept;

/// What PAM modules write: "MODULE(sshd:TYPE): …", "PAM N more authentication failures; …".
bool read_pam_message(std::string_view text, SshdMessage &message) noexcept;

} // namespace iptracking
