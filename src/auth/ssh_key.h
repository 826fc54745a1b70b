// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace iptracking {

/// What a public key says, RFC 4253 and PROTOCOL.certkeys of OpenSSH.
struct SshKey {
    std::string
        fingerprint; ///< as `ssh-keygen -l` prints it, so of a certificate that of the key in it; empty: not known
    bool is_certificate = false;
    std::string cert_id; ///< any bytes
    std::string cert_serial;
    std::string cert_ca; ///< a fingerprint
};

/// From what stands in a file of public keys.  `is_whole`: `base64` was not cut, or there is no fingerprint; of a
/// certificate what stands in front is read all the same.
SshKey read_ssh_key(std::string_view type, std::string_view base64, bool is_whole);

} // namespace iptracking
