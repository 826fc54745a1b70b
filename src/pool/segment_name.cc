// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/segment_name.h"

#include "base/error.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>

namespace iptracking {
namespace {

constexpr std::uint64_t most_number = 10'000'000'000'000'000; // 16 digits, as the names have

std::optional<std::uint64_t> number_of(std::string_view name) {
    std::uint64_t number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    return number > 0 && number < most_number && segment_name(number) == name ? std::optional{number} : std::nullopt;
}

} // namespace

std::string segment_name(std::uint64_t number) {
    char name[40];
    std::snprintf(name, sizeof(name), "%016llu.lines", static_cast<unsigned long long>(number));
    return name;
}

std::vector<std::uint64_t> segments_in(const std::string &folder) {
    std::vector<std::uint64_t> numbers;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        if (const auto number = number_of(entry->path().filename().native()))
            numbers.push_back(*number);
    if (error)
        throw_errno(error.value(), "cannot read folder '" + folder + "'");
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

} // namespace iptracking
