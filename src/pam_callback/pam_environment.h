// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace iptracking {

/// What PAM says, in the environment that pam_exec(8) makes.
///
/// pam_exec passes the PAM environment first, and behind it the items of PAM: PAM_SERVICE, PAM_USER, PAM_TTY,
/// PAM_RHOST and PAM_RUSER, those that are set, then PAM_TYPE.  Users can write into the PAM environment
/// (~/.pam_environment, where pam_env has user_readenv=1), also variables named like the items.  So the items are
/// taken from that last block alone.  An environment that does not end so was made by hand; then the last variable
/// of a name holds.
class PamEnvironment {
public:
    /// `environment` as environ(7).
    explicit PamEnvironment(const char *const *environment);

    /// nullptr: it is not set.
    const char *item(const char *name) const;
    /// nullptr: it is not set, or empty.
    const char *filled_item(const char *name) const;

    /// Of the PAM environment.
    const char *variable(const char *name) const;
    /// Whether pam_exec made the environment, so that a user may have written its variables.
    bool from_pam_exec() const { return items_ != begin_; }

private:
    const char *const *begin_;
    const char *const *items_; ///< the block of items; all of it, where it was made by hand
};

} // namespace iptracking
