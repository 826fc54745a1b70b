// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "event/ip_address.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iptracking {

/// One message that a process of sshd has left in the log, or a PAM module in it.  OpenSSH 5.3 to 10.
///
/// Who connects may choose the user name, and with it most of a line.  So the address is taken from the end, where
/// sshd itself writes it.  The texts are places in the message.
struct SshdMessage {
    enum class What : std::uint8_t {
        accepted,     ///< method, user, source
        failed,       ///< likewise
        pam_error,    ///< sshd: PAM said no; user, source
        pam_failure,  ///< a PAM module: that many (`count`) times no; source, perhaps the user
        pam_success,  ///< a PAM module: yes
        root_refused, ///< root was authenticated, but may not log in; source
        denied,       ///< the user was authenticated, but the account may not log in
        invalid_user, ///< sshd does not know the user, or does not let him in: what follows cannot succeed
        opened,       ///< a session of the user
        closed,
        connection, ///< source and destination
        child,      ///< the process that holds the session; `child`
        started,    ///< what the user runs, perhaps on a terminal; tty, source
        ended,      ///< the connection; perhaps its source
        nothing,    ///< it is known, and tells of no attempt and no session
    };

    What what = What::nothing;
    int count = 1;           ///< how often
    std::string_view method; ///< "password", "publickey", "keyboard-interactive/pam"; or the PAM module
    std::string_view user;   ///< as sshd escapes it, sshd_text(); data() is null where it is not said
    std::string_view rhost;  ///< the source, where it is a name
    std::string_view tty;
    IpAddress source, destination;
    std::uint16_t source_port = 0, destination_port = 0;
    std::int32_t child = 0;
    bool is_raw = false; ///< the user is not escaped: a PAM module wrote it
};

/// nullopt: it is not known.  Never throws.
std::optional<SshdMessage> read_sshd_message(std::string_view message) noexcept;

/// Whether an event may come of it by itself.
constexpr bool tells(const SshdMessage &message) noexcept {
    using What = SshdMessage::What;
    switch (message.what) {
    case What::accepted:
    case What::failed:
    case What::pam_error:
    case What::pam_failure:
    case What::root_refused:
    case What::denied:
    case What::opened:
    case What::closed:
        return true;
    default:
        return false;
    }
}

/// The bytes that were typed: sshd writes what is not printable ASCII as \n, \033, \\.
std::string sshd_text(std::string_view escaped);

/// How many bytes of a user name sshd writes at most.
inline constexpr std::size_t most_sshd_text = 100;

} // namespace iptracking
