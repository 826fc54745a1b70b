// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/csv_driver.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "event/timestamp.h"
#include "loop/service_manager.h"
#include "loop/sources.h"
#include "store/batch_limit.h"
#include "store/csv_position.h"
#include "store/row.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <dirent.h>
#include <fcntl.h>
#include <optional>
#include <utility>

namespace iptracking {
namespace {

constexpr const char *columns[] = {"dst_ipaddr", "src_ipaddr",  "src_port", "log_event", "sshd_pid",    "uid",
                                   "log_date",   "dst_port",    "outcome",  "service",   "tty",         "ruser",
                                   "rhost",      "host",        "flags",    "rx_bytes",  "tx_bytes",    "rx_packets",
                                   "tx_packets", "auth_method", "auth_key", "cert_id",   "cert_serial", "cert_ca"};

/// One line of the file.
class CsvLine {
public:
    CsvLine(std::string &out, std::string_view delimiter) noexcept : out_(out), delimiter_(delimiter) {}

    CsvLine &add(std::string_view field) {
        if (!first_)
            out_ += delimiter_;
        first_ = false;
        append_csv_field(out_, field, delimiter_);
        return *this;
    }
    CsvLine &add(const IpAddress &address) { return add(address.is_absent() ? "" : address.to_string()); }
    CsvLine &add(const StoredValue &value) { return add(value.text); }
    /// Zero: not known.
    CsvLine &add_number(std::int64_t number) {
        char digits[24];
        const char *const end = number == 0 ? digits : std::to_chars(digits, std::end(digits), number).ptr;
        return add(std::string_view(digits, end));
    }
    void end() { out_ += '\n'; }

private:
    std::string &out_;
    std::string_view delimiter_;
    bool first_ = true;
};

void append_csv_line(std::string &out, const Event &event, const RowReader &row, std::string_view delimiter) {
    const char *const outcome = name_of(event.outcome);
    CsvLine line(out, delimiter);
    line.add(event.destination).add(event.source).add_number(event.source_port).add(name_of(event.kind));
    line.add_number(event.pid).add(row[Text::user]).add(format_utc(event.time_usec));
    line.add_number(event.destination_port).add(outcome ? outcome : "").add(row[Text::service]).add(row[Text::tty]);
    line.add(row[Text::ruser]).add(row[Text::rhost]).add(row[Text::host]);
    line.add(std::to_string(row.flags()));
    for (const auto &counter : row.counters())
        line.add(counter ? std::to_string(*counter) : "");
    line.add(row[Text::auth_method]).add(row[Text::auth_key]).add(row[Text::cert_id]);
    line.add(row[Text::cert_serial]).add(row[Text::cert_ca]).end();
}

/// When a file was made, in nanoseconds since 1970; 0 where the file system does not know.
std::uint64_t birth_of(int fd) noexcept {
    struct statx status {};
    if (::statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &status) < 0 || !(status.stx_mask & STATX_BTIME))
        return 0;
    return static_cast<std::uint64_t>(status.stx_btime.tv_sec) * 1'000'000'000 + status.stx_btime.tv_nsec;
}

/// The file that is being appended to.
class CsvFile {
public:
    CsvFile(const std::string &path, const std::optional<CsvPosition> &last);

    /// Writes behind the last confirmed line, durably; gives the new position.
    CsvPosition append(std::string_view lines, const std::string &header, Place place);
    /// The position before anything is written.
    CsvPosition position(Place place) const noexcept {
        return {place, length_, status_.st_dev, status_.st_ino, birth_nsec_};
    }
    bool is_file_of(const CsvPosition &position) const noexcept {
        return position.device == status_.st_dev && position.inode == status_.st_ino &&
               position.birth_nsec == birth_nsec_;
    }

private:
    void cut_renamed_file(const CsvPosition &last) const;
    bool ends_in_the_middle_of_a_line() const;

    std::string path_;
    UniqueFd file_;
    struct stat status_ {};
    std::uint64_t birth_nsec_ = 0;
    std::uint64_t length_ = 0;
};

CsvFile::CsvFile(const std::string &path, const std::optional<CsvPosition> &last) : path_(path) {
    file_ = UniqueFd{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640)};
    if (file_) {
        if (::fchmod(file_.get(), 0640) < 0) // for the group, whatever the umask
            throw_errno(errno, "cannot set the mode of '" + path + "'");
    } else {
        file_ = open_file(path, O_RDWR);
    }
    status_ = status_of(file_.get(), path);
    if (!S_ISREG(status_.st_mode))
        throw Error("'" + path + "' is not a regular file");
    birth_nsec_ = birth_of(file_.get());
    length_ = static_cast<std::uint64_t>(status_.st_size);
    if (!last)
        return;
    if (!is_file_of(*last)) {
        cut_renamed_file(*last);
    } else if (length_ > last->length) {
        // The end of a batch whose position was never confirmed: it comes again.
        log(Level::notice, "cutting " + std::to_string(length_ - last->length) +
                               " bytes that were never confirmed from '" + path + "'");
        if (::ftruncate(file_.get(), static_cast<off_t>(last->length)) < 0)
            throw_errno(errno, "cannot cut '" + path + "'");
        length_ = last->length;
    }
}

/// Log rotation renamed the file, and we ended before the batch in it was confirmed: that comes again, in the new
/// file.  The renamed one is looked for in the same folder.
void CsvFile::cut_renamed_file(const CsvPosition &last) const {
    const std::string folder = path_.substr(0, path_.rfind('/') + 1);
    struct CloseFolder {
        void operator()(DIR *handle) const noexcept { ::closedir(handle); }
    };
    const std::unique_ptr<DIR, CloseFolder> handle{::opendir(folder.empty() ? "." : folder.c_str())};
    while (const dirent *entry = handle ? ::readdir(handle.get()) : nullptr) {
        if (entry->d_ino != last.inode)
            continue;
        const UniqueFd renamed{
            ::openat(::dirfd(handle.get()), entry->d_name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
        struct stat status {};
        if (renamed && ::fstat(renamed.get(), &status) == 0 && status.st_dev == last.device &&
            S_ISREG(status.st_mode) && birth_of(renamed.get()) == last.birth_nsec &&
            static_cast<std::uint64_t>(status.st_size) > last.length)
            static_cast<void>(!::ftruncate(renamed.get(), static_cast<off_t>(last.length)));
    }
}

bool CsvFile::ends_in_the_middle_of_a_line() const {
    char last = '\n';
    if (length_ > 0)
        read_all_at(file_.get(), {&last, 1}, length_ - 1, path_);
    return last != '\n';
}

CsvPosition CsvFile::append(std::string_view lines, const std::string &header, Place place) {
    status_ = status_of(file_.get(), path_);
    if (status_.st_nlink == 0)
        throw Error("'" + path_ + "' was deleted");
    // Somebody emptied it (copytruncate), or appended to it.  Never lengthen a file that is shorter than recorded.
    length_ = static_cast<std::uint64_t>(status_.st_size);
    std::string bytes;
    if (length_ == 0)
        bytes = header;
    else if (ends_in_the_middle_of_a_line())
        bytes = "\n";
    bytes += lines;
    try {
        write_all_at(file_.get(), bytes, length_, path_);
        sync_data(file_.get(), path_);
    } catch (...) {
        static_cast<void>(!::ftruncate(file_.get(), static_cast<off_t>(length_))); // no torn line for a reader
        throw;
    }
    length_ += bytes.size();
    return position(place);
}

class CsvDriver final : public Driver {
public:
    CsvDriver(const DriverContext &context, const CsvConfig &config)
        : handler_(context.handler), stream_(context.stream), state_directory_(context.state_directory),
          config_(config), header_(config.header ? csv_header(config.delimiter) + "\n" : ""),
          target_("csvfile " + config.filename), working_(context.loop, [this] { work(); }) {}

    void start() override {
        file_.reset();
        batch_ = nullptr;
        working_.schedule();
    }
    bool can_accept() const noexcept override { return file_ && !batch_; }
    std::size_t batch_limit() const noexcept override { return batch_limit_.events(); }
    void store(const Batch &batch) override {
        batch_ = &batch;
        working_.schedule();
    }
    const std::string &target() const noexcept override { return target_; }

private:
    void work() {
        try {
            if (!file_)
                open();
            else if (batch_)
                write();
        } catch (const std::exception &) {
            const std::exception_ptr why = std::current_exception();
            file_.reset();
            batch_ = nullptr;
            handler_.on_failed(DriverHandler::Failure::offline, why);
        }
    }

    void open() {
        position_.emplace(state_directory_, stream_.id(), config_.filename);
        const auto last = position_->position();
        file_.emplace(config_.filename, last);
        is_recorded_ = last && file_->is_file_of(*last);
        handler_.on_ready(last ? std::optional{last->place} : std::nullopt);
    }

    void write() {
        notify_watchdog();
        const auto begin = std::chrono::steady_clock::now();
        RowReader row(*batch_);
        lines_.clear();
        for (const Event &event : batch_->events) {
            row.read(event);
            append_csv_line(lines_, event, row, config_.delimiter);
        }
        // Before the first lines come into a file: or nobody would know, after a kill, that they were never confirmed.
        if (!std::exchange(is_recorded_, true))
            position_->write(file_->position(batch_->from));
        position_->write(file_->append(lines_, header_, batch_->to));
        batch_limit_.took(std::chrono::steady_clock::now() - begin);
        batch_ = nullptr;
        handler_.on_stored();
    }

    DriverHandler &handler_;
    const Stream &stream_;
    std::string state_directory_;
    CsvConfig config_;
    std::string header_;
    std::string target_;
    std::optional<CsvPositionFile> position_;
    std::optional<CsvFile> file_;
    bool is_recorded_ = false; ///< the position names this file
    const Batch *batch_ = nullptr;
    BatchLimit batch_limit_;
    std::string lines_;
    Deferred working_;
};

} // namespace

void append_csv_field(std::string &line, std::string_view field, std::string_view delimiter) {
    // Without the first character of a delimiter it needs no second look.
    const auto as_it_is = [first = delimiter.front()](char c) {
        return c != '"' && c != '\r' && c != '\n' && c != first;
    };
    if (std::all_of(field.begin(), field.end(), as_it_is)) {
        line += field;
        return;
    }
    // A reader takes the first delimiter that it sees, also one that begins in the field and ends behind it.
    const std::string seen = std::string(field).append(delimiter);
    const bool plain = field.find_first_of("\"\r\n") == field.npos && seen.find(delimiter) == field.size();
    if (plain) {
        line += field;
        return;
    }
    line += '"';
    for (const char c : field) {
        if (c == '"')
            line += '"';
        line += c;
    }
    line += '"';
}

std::string csv_header(std::string_view delimiter) {
    std::string header;
    CsvLine line(header, delimiter);
    for (const char *const column : columns)
        line.add(std::string_view(column));
    return header;
}

std::unique_ptr<Driver> make_csv_driver(const DriverContext &context, const CsvConfig &config) {
    return std::make_unique<CsvDriver>(context, config);
}

} // namespace iptracking
