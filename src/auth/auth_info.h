// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace iptracking {

/// How a session was opened.  Empty: not known, or there is none.
struct AuthInfo {
    std::string method;      ///< of each step, as AuthenticationMethods of sshd_config(5): "publickey,password"
    std::string key;         ///< of each step that had one, as `ssh-keygen -l` prints it: "SHA256:…,SHA256:…"
    std::string cert_id;     ///< of the first certificate; any bytes
    std::string cert_serial; ///< likewise, decimal
    std::string cert_ca;     ///< the fingerprint of the key that signed it
};

/// Reads SSH_AUTH_INFO_0 of sshd, whatever it holds.  sshd ends each line: a last one without its end was cut, and
/// neither a method nor the fingerprint of a key is made of what was cut in its middle.
AuthInfo read_auth_info(std::string_view typed);

} // namespace iptracking
