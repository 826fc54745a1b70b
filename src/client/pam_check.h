// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "client/findings.h"

namespace iptracking {

/// Whether the callback stands in the stacks of this PAM file as pam/sshd-debian shows it: once in auth, account and
/// session, in its place, without a say in the verdict; and whether it is there and nobody else can change it.
void check_pam(const std::string &file, Findings &findings);

} // namespace iptracking
