// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/yaml_map.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace iptracking {
namespace {

std::string with_hyphens(std::string_view key) {
    std::string spelled(key);
    std::replace(spelled.begin(), spelled.end(), '_', '-');
    return spelled;
}

/// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
        }
    }
    return row[b.size()];
}

std::string joined(std::initializer_list<std::string_view> words) {
    std::string text;
    for (const std::string_view word : words)
        text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

/// Decimal digits without a sign or a leading zero, which some would read as octal.
bool read_number(std::string_view text, std::uint64_t &number) {
    if (text.size() > 1 && text[0] == '0')
        return false;
    const char *const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && stop == end;
}

bool read_size(std::string_view text, std::uint64_t &bytes) {
    unsigned shift = 0;
    if (!text.empty()) {
        switch (text.back()) {
        case 'K':
            shift = 10;
            break;
        case 'M':
            shift = 20;
            break;
        case 'G':
            shift = 30;
            break;
        default:
            break;
        }
    }
    if (shift != 0)
        text.remove_suffix(1);
    if (!read_number(text, bytes) || bytes > UINT64_MAX >> shift)
        return false;
    bytes <<= shift;
    return true;
}

/// A TAB is none here: it is a fine delimiter.
bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

} // namespace

YamlMap::YamlMap(std::string file, const YamlNode &node, std::string path)
    : file_(std::move(file)), node_(&node), path_(std::move(path)) {
    if (node.kind != YamlNode::Kind::mapping)
        throw ConfigError(file_, node.where,
                          (path_.empty() ? "the document" : "'" + path_ + "'") + " must be a mapping");
    std::set<std::string> seen;
    for (const YamlNode &item : node.items)
        if (!seen.insert(with_hyphens(item.key)).second)
            throw ConfigError(file_, item.key_where, "'" + path_of(item.key) + "' is given twice");
}

std::string YamlMap::path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

const YamlNode *YamlMap::find(std::string_view key) const {
    const std::string wanted = with_hyphens(key);
    for (const YamlNode &item : node_->items)
        if (with_hyphens(item.key) == wanted)
            return &item;
    return nullptr;
}

const YamlNode *YamlMap::take(std::string_view key, YamlNode::Kind kind, const char *wanted) {
    asked_.insert(with_hyphens(key));
    const YamlNode *value = find(key);
    if (!value)
        return nullptr;
    const bool nothing = value->kind == YamlNode::Kind::scalar && !value->quoted &&
                         (value->text.empty() || value->text == "~" || value->text == "null");
    if (value->kind != kind || nothing)
        throw error(key, std::string("must be ") + wanted);
    return value;
}

std::optional<std::string> YamlMap::text(std::string_view key) {
    const YamlNode *value = take(key, YamlNode::Kind::scalar, "a text");
    if (!value)
        return std::nullopt;
    if (has_control_character(value->text))
        throw error(key, "must not hold control characters");
    return value->text;
}

std::optional<std::uint64_t> YamlMap::number(std::string_view key, std::uint64_t low, std::uint64_t high) {
    const std::string wanted = "a number from " + std::to_string(low) + " to " + std::to_string(high);
    const YamlNode *value = take(key, YamlNode::Kind::scalar, wanted.c_str());
    if (!value)
        return std::nullopt;
    std::uint64_t number = 0;
    if (value->quoted || !read_number(value->text, number) || number < low || number > high)
        throw error(key, "must be " + wanted);
    return number;
}

std::optional<std::uint64_t> YamlMap::size(std::string_view key, std::uint64_t low, std::uint64_t high) {
    const std::string wanted = "a size from " + std::to_string(low) + " to " + std::to_string(high) +
                               " bytes, like 1048576, 1024K, 256M or 1G";
    const YamlNode *value = take(key, YamlNode::Kind::scalar, wanted.c_str());
    if (!value)
        return std::nullopt;
    std::uint64_t bytes = 0;
    if (value->quoted || !read_size(value->text, bytes) || bytes < low || bytes > high)
        throw error(key, "must be " + wanted);
    return bytes;
}

std::optional<bool> YamlMap::truth(std::string_view key) {
    const YamlNode *value = take(key, YamlNode::Kind::scalar, "yes or no");
    if (!value)
        return std::nullopt;
    if (!value->quoted) {
        for (const std::string_view yes : {"yes", "true", "on"})
            if (value->text == yes)
                return true;
        for (const std::string_view no : {"no", "false", "off"})
            if (value->text == no)
                return false;
    }
    throw error(key, "must be yes or no");
}

std::optional<std::string> YamlMap::word(std::string_view key, std::initializer_list<std::string_view> accepted) {
    const std::string wanted = "one of " + joined(accepted);
    const YamlNode *value = take(key, YamlNode::Kind::scalar, wanted.c_str());
    if (!value)
        return std::nullopt;
    if (std::find(accepted.begin(), accepted.end(), value->text) == accepted.end())
        throw error(key, "must be " + wanted);
    return value->text;
}

std::optional<std::vector<std::string>> YamlMap::words(std::string_view key,
                                                       std::initializer_list<std::string_view> accepted) {
    const std::string wanted = "a sequence of " + joined(accepted);
    const YamlNode *value = take(key, YamlNode::Kind::sequence, wanted.c_str());
    if (!value)
        return std::nullopt;
    std::vector<std::string> found;
    for (const YamlNode &item : value->items) {
        if (item.kind != YamlNode::Kind::scalar ||
            std::find(accepted.begin(), accepted.end(), item.text) == accepted.end())
            throw ConfigError(file_, item.where, "'" + path_of(key) + "' must be " + wanted);
        found.push_back(item.text);
    }
    return found;
}

std::optional<YamlMap> YamlMap::map(std::string_view key) {
    const YamlNode *value = take(key, YamlNode::Kind::mapping, "a mapping");
    return value ? std::optional<YamlMap>{YamlMap(file_, *value, path_of(key))} : std::nullopt;
}

std::vector<std::string> YamlMap::keys_left() const {
    std::vector<std::string> left;
    for (const YamlNode &item : node_->items)
        if (std::string spelled = with_hyphens(item.key); !asked_.contains(spelled))
            left.push_back(std::move(spelled));
    return left;
}

ConfigError YamlMap::error(std::string_view key, const std::string &what) const {
    const YamlNode *value = find(key);
    return {file_, value ? value->where : node_->where, "'" + path_of(key) + "' " + what};
}

ConfigError YamlMap::unknown(std::string_view key, const std::vector<std::string> &known) const {
    std::string nearest;
    std::size_t least = SIZE_MAX;
    const auto consider = [&](const std::string &name) {
        if (const std::size_t far = distance(with_hyphens(name), with_hyphens(key)); far < least) {
            least = far;
            nearest = name;
        }
    };
    std::for_each(asked_.begin(), asked_.end(), consider);
    std::for_each(known.begin(), known.end(), consider);
    const YamlNode *item = find(key);
    const Position where = item ? item->key_where : node_->where;
    const std::string spelled = item ? item->key : std::string(key);
    return {file_, where, "unknown key '" + path_of(spelled) + "'; the nearest known one is '" + nearest + "'"};
}

void YamlMap::finish() const {
    if (const auto left = keys_left(); !left.empty())
        throw unknown(left.front());
}

} // namespace iptracking
