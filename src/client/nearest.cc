// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/nearest.h"

#include <algorithm>
#include <numeric>

namespace iptracking {
namespace {

constexpr std::size_t most_letters = 2, longest_word = 100;

/// How many letters have to be put in, taken out or changed (Levenshtein).
std::size_t distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

} // namespace

std::string nearest(std::string_view word, const std::vector<std::string> &names) {
    word = word.substr(0, std::min(word.find('='), longest_word));
    std::string found;
    std::size_t least = most_letters + 1;
    for (const std::string &name : names) {
        const bool begins_so = word.size() > 2 && name.starts_with(word);
        const std::size_t letters = begins_so ? 1 : distance(word, name);
        if (letters < least && letters < name.size()) {
            least = letters;
            found = name;
        }
    }
    return found;
}

} // namespace iptracking
