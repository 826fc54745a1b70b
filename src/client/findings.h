// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace iptracking {

/// What `db check` found: facts are printed at once, what is wrong is said last.
class Findings {
public:
    void fact(const char *what, const std::string &value) const;
    /// `why` says what mends it.
    void wrong(std::string why) { wrong_.push_back(std::move(why)); }
    /// Whether all is well.
    bool conclude() const;

private:
    std::vector<std::string> wrong_;
};

} // namespace iptracking
