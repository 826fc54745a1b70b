// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/no_right.h"

#include <algorithm>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>
#include <vector>

namespace iptracking {
namespace {

constexpr char group_of_readers[] = "iptracking";

/// He was made a member after he had logged in.
bool is_to_be_member(const passwd &user, gid_t group) {
    std::vector<gid_t> groups(64);
    int number = static_cast<int>(groups.size());
    while (::getgrouplist(user.pw_name, user.pw_gid, groups.data(), &number) < 0)
        groups.resize(static_cast<std::size_t>(number));
    groups.resize(static_cast<std::size_t>(number));
    return std::find(groups.begin(), groups.end(), group) != groups.end();
}

} // namespace

Error no_right_to_read(const std::string &path) {
    const std::string what = "you may not read '" + path + "'";
    const passwd *const user = ::getpwuid(::geteuid());
    const std::string name = user ? user->pw_name : std::to_string(::geteuid());
    const group *const readers = ::getgrnam(group_of_readers);
    if (user && readers && is_to_be_member(*user, readers->gr_gid)) {
        std::vector<gid_t> has(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
        has.resize(static_cast<std::size_t>(std::max(0, ::getgroups(static_cast<int>(has.size()), has.data()))));
        if (::getegid() != readers->gr_gid && std::find(has.begin(), has.end(), readers->gr_gid) == has.end())
            return Error(what + " yet: you are in the group " + group_of_readers + " from your next login on");
        return Error(what + ", though you are in the group " + group_of_readers +
                     ": look at the rights of the file and of its folders (namei -l '" + path + "')");
    }
    return Error(what + "; who is in the group " + group_of_readers + " may: sudo usermod -aG " + group_of_readers +
                 " " + name + ", then log in again");
}

} // namespace iptracking
