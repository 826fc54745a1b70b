// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <cstddef>
#include <string>
#include <vector>

namespace iptracking {

/// A place in a file; both count from 1.
struct Position {
    std::size_t line = 1, column = 1;
};

/// "FILE:LINE:COLUMN: what is wrong".
class ConfigError : public Error {
public:
    ConfigError(const std::string &file, Position where, const std::string &what)
        : Error(file + ":" + std::to_string(where.line) + ":" + std::to_string(where.column) + ": " + what),
          where_(where) {}
    Position where() const noexcept { return where_; }

private:
    Position where_;
};

/// A YAML document as a tree.
struct YamlNode {
    enum class Kind { scalar, sequence, mapping };

    Kind kind = Kind::scalar;
    Position where;
    std::string text;            ///< of a scalar
    bool quoted = false;         ///< "0123" is a text, 0123 could be a number
    std::vector<YamlNode> items; ///< of a sequence or a mapping
    std::string key;             ///< of an item of a mapping
    Position key_where;
};

/// Reads one document.  `file` is for the messages.  Refused with a ConfigError: more than 256 KiB, a depth above
/// 16, a second document, anchors, aliases, tags, keys that are no scalars.  An empty document is an empty mapping.
YamlNode parse_yaml(const std::string &file, const std::string &content);

inline constexpr std::size_t longest_yaml = 256 * 1024;

} // namespace iptracking
