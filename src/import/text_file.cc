// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text_file.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "event/timestamp.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

namespace iptracking {
namespace {

constexpr std::size_t block = 256 * 1024;
constexpr std::size_t longest_line = 64 * 1024;

struct Magic {
    std::string_view bytes;
    const char *program;
};
constexpr Magic others[] = {{{"\xfd"
                              "7zXZ",
                              5},
                             "xz"},
                            {{"\x28\xb5\x2f\xfd", 4}, "zstd"},
                            {{"BZh", 3}, "bzip2"}};

} // namespace

struct TextFile::Reader {
    explicit Reader(const UniqueFd &file) {
        const int own = ::fcntl(file.get(), F_DUPFD_CLOEXEC, 0); // gzclose() closes it
        handle = own >= 0 ? ::gzdopen(own, "rb") : nullptr;
        if (!handle) {
            const UniqueFd close(own);
            throw_errno(errno, "cannot read a file by zlib");
        }
        ::gzbuffer(handle, block);
    }
    ~Reader() { ::gzclose(handle); }
    Reader(const Reader &) = delete;
    Reader &operator=(const Reader &) = delete;

    gzFile handle = nullptr;
};

TextFile::TextFile(const std::string &path) : name_(path == "-" ? "standard input" : "'" + path + "'") {
    UniqueFd file = path == "-" ? UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)) : open_file(path, O_RDONLY);
    if (!file)
        throw_errno(errno, "cannot read standard input");
    const struct stat status = status_of(file.get(), path);
    if (S_ISDIR(status.st_mode))
        throw Error(name_ + " is a folder");
    reader_ = std::make_unique<Reader>(file);
    if (!S_ISREG(status.st_mode)) {
        is_stream_ = true;
        changed_usec_ = now_usec();
        return;
    }
    changed_usec_ = static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000 + status.st_mtim.tv_nsec / 1000;
    size_ = static_cast<std::uint64_t>(status.st_size);
    char head[8] = {};
    const std::size_t size = read_all_at(file.get(), head, 0, path);
    for (const Magic &magic : others)
        if (std::string_view(head, size).starts_with(magic.bytes))
            throw Error(name_ + " is compressed by " + magic.program + ": " + magic.program +
                        " -dc FILE | iptracking db import … -");
}

TextFile::~TextFile() = default;

std::uint64_t TextFile::read_so_far() const noexcept {
    return reader_ ? static_cast<std::uint64_t>(std::max<z_off_t>(0, ::gzoffset(reader_->handle))) : kept_at_;
}

/// It can be read once only.
void TextFile::keep_stream() {
    std::string all;
    for (std::size_t size = block; size > 0;) {
        const std::size_t before = all.size();
        all.resize(before + block);
        size = read_more(all.data() + before, block);
        all.resize(before + size);
    }
    end();
    kept_ = std::move(all);
    size_ = kept_.size();
    reader_.reset();
    is_stream_ = false;
}

/// 0: nothing more comes.
std::size_t TextFile::read_more(char *into, std::size_t size) {
    if (!reader_) {
        const std::size_t count = kept_.copy(into, size, kept_at_);
        kept_at_ += count;
        return count;
    }
    const int count = ::gzread(reader_->handle, into, static_cast<unsigned>(size));
    if (count >= 0)
        return static_cast<std::size_t>(count);
    int code = Z_OK;
    const std::string why = ::gzerror(reader_->handle, &code);
    if (code == Z_ERRNO)
        throw_errno(errno, "cannot read " + name_);
    damage_ = name_ + " is damaged, so it is read up to there only: " + printable(why);
    return 0;
}

/// A compressed file that is cut ends like a whole one, but for this.
void TextFile::end() {
    int code = Z_OK;
    if (reader_ && damage_.empty()) {
        ::gzerror(reader_->handle, &code);
        if (code == Z_BUF_ERROR)
            damage_ = name_ + " is cut: its compressed data has no end";
    }
}

std::optional<std::string_view> TextFile::next() {
    if (is_stream_)
        keep_stream();
    for (;;) {
        const std::size_t end_of_line = buffer_.find('\n', begin_);
        if (end_of_line != buffer_.npos) {
            const std::string_view line = std::string_view(buffer_).substr(begin_, end_of_line - begin_);
            begin_ = end_of_line + 1;
            return line.substr(0, longest_line);
        }
        if (is_at_end_)
            return std::nullopt;
        buffer_.erase(0, begin_);
        begin_ = 0;
        if (buffer_.size() > longest_line + block) // of an endless line only the beginning is kept
            buffer_.erase(longest_line, buffer_.size() - longest_line);
        const std::size_t before = buffer_.size();
        buffer_.resize(before + block);
        const std::size_t count = read_more(buffer_.data() + before, block);
        buffer_.resize(before + count);
        if (count > 0)
            continue;
        is_at_end_ = true;
        end();
        if (!buffer_.empty() && damage_.empty())
            damage_ = "the last line of " + name_ + " has no end, so it is left out: " + printable(buffer_, 100);
    }
}

void TextFile::rewind() {
    if (reader_ && ::gzrewind(reader_->handle) != 0)
        throw Error("cannot read " + name_ + " from its beginning again");
    if (reader_)
        damage_.clear();
    kept_at_ = 0;
    buffer_.clear();
    begin_ = 0;
    is_at_end_ = false;
}

} // namespace iptracking
