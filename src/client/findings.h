// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace iptracking {

/// What `check` and `db check` found: facts are printed at once, what is wrong is said last.
class Findings {
public:
    void fact(const char *what, const std::string &value) const;
    /// What mends it stands in `why`, or, where it can be copied, in `mends`.
    void wrong(std::string why, std::string mends = "") { wrong_.push_back({std::move(why), std::move(mends)}); }
    /// What this user may not see; no fault.
    void unseen(std::string why) { unseen_.push_back(std::move(why)); }
    /// Whether all is well, as far as it could be seen.
    bool conclude() const;

private:
    struct Fault {
        std::string why, mends;
    };
    std::vector<Fault> wrong_;
    std::vector<std::string> unseen_;
};

} // namespace iptracking
