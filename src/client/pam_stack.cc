// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/pam_stack.h"

#include "base/error.h"
#include "base/file.h"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <sstream>

namespace iptracking {
namespace {

constexpr std::size_t longest_file = 256 * 1024;
constexpr unsigned deepest_include = 32; // as PAM has it

std::string content_of(const std::string &file) {
    open_file(file, O_RDONLY); // says why not
    return read_small_file(AT_FDCWD, file, longest_file).value_or("");
}

/// Words; what stands in brackets is one.
std::vector<std::string> words_of(const std::string &line) {
    std::vector<std::string> words;
    bool in_brackets = false, in_word = false;
    for (const char c : line.substr(0, line.find('#'))) {
        const bool is_blank = (c == ' ' || c == '\t') && !in_brackets;
        if (is_blank) {
            in_word = false;
            continue;
        }
        if (!in_word)
            words.emplace_back();
        in_word = true;
        words.back() += c;
        in_brackets = c == '[' || (in_brackets && c != ']');
    }
    return words;
}

class StackReader {
public:
    explicit StackReader(std::string kind) : kind_(std::move(kind)) {}

    void read(const std::string &file, unsigned substack, unsigned depth) {
        if (depth > deepest_include)
            throw Error("'" + file + "' includes itself");
        std::istringstream in(content_of(file));
        unsigned number = 0;
        for (std::string line; std::getline(in, line);) {
            const unsigned first = ++number;
            for (std::string more; line.ends_with('\\') && std::getline(in, more); ++number)
                line.replace(line.size() - 1, 1, " " + more);
            take(words_of(line), {.file = file, .number = first, .substack = substack}, depth);
        }
    }

    std::vector<PamLine> lines;

private:
    static std::string beside(const std::string &file, const std::string &name) {
        return name.starts_with('/') ? name : (std::filesystem::path(file).parent_path() / name).string();
    }

    void take(const std::vector<std::string> &words, PamLine line, unsigned depth) {
        if (words.size() == 2 && words[0] == "@include")
            return read(beside(line.file, words[1]), line.substack, depth + 1);
        if (words.size() < 3)
            return;
        std::string kind = words[0].starts_with('-') ? words[0].substr(1) : words[0];
        std::transform(kind.begin(), kind.end(), kind.begin(), [](unsigned char c) { return std::tolower(c); });
        if (kind != kind_)
            return;
        if (words[1] == "include")
            return read(beside(line.file, words[2]), line.substack, depth + 1);
        if (words[1] == "substack")
            return read(beside(line.file, words[2]), ++substacks_, depth + 1);
        line.kind = kind;
        line.control = words[1];
        line.module = words[2];
        line.arguments.assign(words.begin() + 3, words.end());
        lines.push_back(std::move(line));
    }

    std::string kind_;
    unsigned substacks_ = 0;
};

} // namespace

std::string PamLine::action(std::string_view outcome) const {
    const bool is_success = outcome == "success";
    if (control == "required")
        return is_success ? "ok" : "bad";
    if (control == "requisite")
        return is_success ? "ok" : "die";
    if (control == "sufficient")
        return is_success ? "done" : "ignore";
    if (control == "optional")
        return is_success ? "ok" : "ignore";
    std::string found, otherwise;
    std::istringstream in(control.size() > 2 ? control.substr(1, control.size() - 2) : "");
    for (std::string word; in >> word;) {
        const std::size_t equals = word.find('=');
        if (equals == std::string::npos)
            continue;
        if (word.substr(0, equals) == outcome)
            found = word.substr(equals + 1);
        if (word.substr(0, equals) == "default")
            otherwise = word.substr(equals + 1);
    }
    return found.empty() ? otherwise : found;
}

bool PamLine::has(std::string_view argument) const {
    return std::find(arguments.begin(), arguments.end(), argument) != arguments.end();
}

std::vector<PamLine> read_pam_stack(const std::string &file, const std::string &kind) {
    StackReader reader(kind);
    reader.read(file, 0, 0);
    return std::move(reader.lines);
}

} // namespace iptracking
