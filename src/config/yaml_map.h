// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/yaml_node.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace iptracking {

/// A mapping of the configuration.  Every key is taken once; finish() rejects what is left, so a typo cannot pass.
/// Keys are spelled with '-'; '_' in the file means the same.  Each getter throws a ConfigError that names file,
/// line, column and the key with its path, like 'log-pool.records.max'.
class YamlMap {
public:
    /// `path`: the keys that lead here; empty at the top.  The node must outlive the map.
    YamlMap(std::string file, const YamlNode &node, std::string path);

    std::optional<std::string> text(std::string_view key);
    std::optional<std::uint64_t> number(std::string_view key, std::uint64_t low, std::uint64_t high);
    /// A number of bytes; K, M and G behind it multiply by 1024 each.
    std::optional<std::uint64_t> size(std::string_view key, std::uint64_t low, std::uint64_t high);
    std::optional<bool> truth(std::string_view key);
    std::optional<std::string> word(std::string_view key, std::initializer_list<std::string_view> accepted);
    std::optional<std::vector<std::string>> words(std::string_view key,
                                                  std::initializer_list<std::string_view> accepted);
    std::optional<YamlMap> map(std::string_view key);

    bool has(std::string_view key) const { return find(key) != nullptr; }
    /// The keys as they are spelled in the file, with '-', but for those that were taken.
    std::vector<std::string> keys_left() const;

    /// A ConfigError at the value of the key, or at the mapping if the key is not there.
    ConfigError error(std::string_view key, const std::string &what) const;
    /// A ConfigError at a key that is not known, with the nearest of those that were asked for and `known`.
    ConfigError unknown(std::string_view key, const std::vector<std::string> &known = {}) const;

    void finish() const;

private:
    const YamlNode *find(std::string_view key) const;
    const YamlNode *take(std::string_view key, YamlNode::Kind kind, const char *wanted);
    std::string path_of(std::string_view key) const;

    std::string file_;
    const YamlNode *node_;
    std::string path_;
    std::set<std::string, std::less<>> asked_;
};

} // namespace iptracking
