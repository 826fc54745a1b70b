// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace iptracking {

/// A statement and the values of its parameters.  No value ever becomes part of the text.
class Sql {
public:
    using Value = std::variant<std::int64_t, std::string>;

    Sql() = default;
    explicit Sql(std::string_view text) : text_(text) {}

    Sql &operator<<(std::string_view text) {
        text_ += text;
        return *this;
    }
    /// A new parameter; gives how it is written: "$3".  Each is used once.
    std::string value(std::int64_t number) {
        values_.emplace_back(number);
        return "$" + std::to_string(values_.size());
    }
    std::string value(std::string text) {
        values_.emplace_back(std::move(text));
        return "$" + std::to_string(values_.size());
    }

    const std::string &text() const noexcept { return text_; }
    const std::vector<Value> &values() const noexcept { return values_; }

private:
    std::string text_;
    std::vector<Value> values_;
};

} // namespace iptracking
