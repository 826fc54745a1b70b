// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace iptracking {

/// While this lives root acts as the owner of a folder, so that nothing that the owner left there leads root's rights
/// anywhere.  Anybody else acts as before.
class OwnerRights {
public:
    explicit OwnerRights(const std::string &folder);
    ~OwnerRights();
    OwnerRights(const OwnerRights &) = delete;
    OwnerRights &operator=(const OwnerRights &) = delete;

private:
    void give_back() noexcept;

    bool taken_ = false;
    gid_t group_ = 0;
    std::vector<gid_t> groups_;
};

} // namespace iptracking
