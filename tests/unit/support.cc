// SPDX-License-Identifier: GPL-2.0-or-later
#include "support.h"

#include "base/error.h"
#include "base/file.h"
#include "event/event_line.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>

namespace iptracking::test {

TempDir::TempDir() : path_(std::filesystem::temp_directory_path() / "iptracking-test-XXXXXX") {
    if (!::mkdtemp(path_.data()))
        throw_errno(errno, "cannot make folder '" + path_ + "'");
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string &path) {
    const auto content = read_small_file(AT_FDCWD, path, 64 * 1024 * 1024);
    if (!content)
        throw Error("'" + path + "' is missing");
    return *content;
}

void write_file(const std::string &path, std::string_view content) {
    const UniqueFd file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    write_all_at(file.get(), content, 0, path);
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(separator, begin), text.size());
        parts.emplace_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

TimeZone::TimeZone(const char *zone) {
    if (const char *before = std::getenv("TZ"))
        before_ = before;
    ::setenv("TZ", zone, 1);
    ::tzset();
}

TimeZone::~TimeZone() {
    if (before_)
        ::setenv("TZ", before_->c_str(), 1);
    else
        ::unsetenv("TZ");
    ::tzset();
}

Marked::Marked(std::string_view with_mark) {
    const std::size_t mark = with_mark.find('^');
    if (mark == with_mark.npos)
        throw Error("no ^ in: " + std::string(with_mark));
    const std::string_view before = with_mark.substr(0, mark);
    text = std::string(before).append(with_mark.substr(mark + 1));
    column = mark + 1;
    where.line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    const std::size_t newline = before.rfind('\n');
    where.column = newline == before.npos ? mark + 1 : mark - newline;
}

namespace {

const std::string &make_fifo(const std::string &path) {
    if (::mkfifo(path.c_str(), 0600) < 0)
        throw_errno(errno, "cannot make the named pipe '" + path + "'");
    return path;
}

} // namespace

Fifo::Fifo(const std::string &path) : fd_(open_file(make_fifo(path), O_RDWR | O_NONBLOCK)) {
    if (::fcntl(fd_.get(), F_SETPIPE_SZ, 1024 * 1024) < 0)
        throw_errno(errno, "cannot set the size of a pipe");
}

void Fifo::write(std::string_view bytes) {
    const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
    if (written != static_cast<ssize_t>(bytes.size()))
        throw Error("the pipe did not take " + std::to_string(bytes.size()) + " bytes");
}

Pool::Pool(std::uint64_t max_bytes) : fifo(folder / "fifo"), segments(folder / "pool", max_bytes) {}

void Pool::take(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, 512 * 1024);
        fifo.write(piece);
        while (segments.take_from(fifo.get()) == Segments::Taken::some)
            continue;
        bytes.remove_prefix(piece.size());
    }
}

std::string Pool::bytes_after(Place from) const {
    std::string bytes(segments.size_after(from) + 16, '?');
    bytes.resize(segments.read(from, bytes));
    return bytes;
}

Batch batch_of(std::string_view lines) {
    Batch batch;
    batch.bytes.assign(lines.begin(), lines.end());
    batch.to = {1, lines.size()};
    std::size_t begin = 0;
    for (const std::string &line : split(lines, '\n')) {
        if (!line.empty()) {
            const ParsedLine parsed = parse_event_line(line);
            if (!parsed.event)
                throw Error("not a good line: " + line + ": " + parsed.error.reason);
            batch.events.push_back(*parsed.event);
            batch.events.back().line = begin + parsed.garbage;
        }
        begin += line.size() + 1;
    }
    return batch;
}

} // namespace iptracking::test
