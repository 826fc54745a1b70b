// SPDX-License-Identifier: GPL-2.0-or-later
// wtmp knows sessions that had a terminal, btmp attempts that failed.
#include "import/import_source.h"
#include "import/utmp_file.h"

#include <algorithm>
#include <map>
#include <pwd.h>
#include <unordered_map>

namespace iptracking {
namespace {

using Type = UtmpRecord::Type;

constexpr std::uint64_t records_a_step = 256;

/// Several files, the oldest first.
class UtmpSource : public ImportSource {
public:
    UtmpSource(const char *kind, Origin origin, const std::vector<std::string> &paths,
               const std::optional<std::string> &host)
        : kind_(kind), origin_(origin), host_(host) {
        for (const std::string &path : paths) {
            files_.push_back(std::make_unique<UtmpFile>(path));
            size_ += files_.back()->size();
        }
        // "wtmp wtmp.1" is how a shell sorts them.
        std::stable_sort(files_.begin(), files_.end(),
                         [](const auto &a, const auto &b) { return a->changed_usec() < b->changed_usec(); });
    }

    std::string name() const override {
        std::string all;
        for (const auto &file : files_)
            all += (all.empty() ? " " : ", ") + file->name();
        return kind_ + all;
    }

    void read(EventImport &events, SourceReport &report, const OnProgress &progress) override {
        report.unit = "records";
        std::uint64_t before = 0;
        for (const auto &file : files_) {
            events.begin_file();
            while (const auto record = file->next()) {
                if (!take(*record, events))
                    ++report.without_result;
                if (++report.read % records_a_step == 0) {
                    events.settle(record->time_usec);
                    progress(before + file->read_so_far(), size_);
                }
            }
            if (file->passed_over() > 0)
                report.remarks.push_back("in " + file->name() + " " + std::to_string(file->passed_over()) +
                                         " bytes between the records are none, and were passed over");
            if (file->left_over() > 0)
                report.remarks.push_back(file->name() + " ends in " + std::to_string(file->left_over()) +
                                         " bytes that are less than a record");
            before += file->size();
        }
    }

protected:
    /// False: nothing came of it.
    virtual bool take(const UtmpRecord &record, EventImport &events) = 0;

    FoundEvent event_of(const UtmpRecord &record, EventKind kind) const {
        FoundEvent event{.time_usec = record.time_usec, .kind = kind, .origin = origin_, .pid = record.pid};
        event.source =
            record.address.is_absent() ? IpAddress::parse(record.host).value_or(IpAddress{}) : record.address;
        event.set_user(record.user, UtmpRecord::most_user);
        if (event.source.is_absent() && !record.host.empty())
            event.set_text(Text::rhost, record.host);
        if (host_)
            event.set_text(Text::host, *host_);
        return event;
    }

private:
    std::string kind_;
    Origin origin_;
    std::optional<std::string> host_;
    std::vector<std::unique_ptr<UtmpFile>> files_;
    std::uint64_t size_ = 0;
};

class Wtmp final : public UtmpSource {
public:
    Wtmp(const std::vector<std::string> &paths, const std::optional<std::string> &host)
        : UtmpSource("wtmp", Origin::wtmp, paths, host) {}

private:
    bool take(const UtmpRecord &record, EventImport &events) override {
        const std::string line(record.line);
        switch (record.type) {
        case Type::user: {
            FoundEvent event = event_of(record, EventKind::open_session);
            event.set_text(Text::tty, record.line);
            event.session = ++last_session_;
            open_[line] = event;
            events.add(std::move(event));
            return true;
        }
        case Type::dead: {
            const auto opened = open_.find(line);
            if (opened == open_.end())
                return false; // whose it was stands in an older file
            FoundEvent event = std::move(opened->second);
            open_.erase(opened);
            event.kind = EventKind::close_session;
            event.time_usec = record.time_usec;
            events.add(std::move(event));
            return true;
        }
        case Type::boot:
            open_.clear(); // that they have ended nobody saw
            return false;
        default:
            return false;
        }
    }

    std::map<std::string, FoundEvent> open_; ///< by terminal
    std::uint64_t last_session_ = 0;
};

bool is_known_user(const std::string &name) {
    return ::getpwnam(name.c_str()) != nullptr;
}

class Btmp final : public UtmpSource {
public:
    Btmp(const std::vector<std::string> &paths, const std::optional<std::string> &host)
        : UtmpSource("btmp", Origin::btmp, paths, host), is_of_this_machine_(!host) {}

private:
    /// The first of its user and process.
    bool is_first(const UtmpRecord &record) {
        constexpr std::int64_t longest_connection = 600'000'000;
        Connection &connection = connections_[record.pid];
        const bool is_another = connection.user != record.user || connection.host != record.host ||
                                record.time_usec > connection.time_usec + longest_connection;
        connection = {std::string(record.user), std::string(record.host), record.time_usec};
        return is_another;
    }

    bool is_known(const std::string &user) {
        const auto [known, is_new] = is_known_.try_emplace(user, false);
        if (is_new)
            known->second = is_known_user(user);
        return known->second;
    }

    bool take(const UtmpRecord &record, EventImport &events) override {
        if (record.type != Type::login_process && record.type != Type::user)
            return false;
        // sshd writes once more when it hears of a user that it does not know, before he has tried anything.
        const bool is_of_sshd = record.line == "ssh:notty", is_perhaps_none = is_first(record) && is_of_sshd;
        if (is_perhaps_none && is_of_this_machine_ && !is_known(std::string(record.user)))
            return false;
        FoundEvent event = event_of(record, EventKind::auth);
        event.outcome = Outcome::failure;
        event.is_perhaps_none = is_perhaps_none;
        if (is_of_sshd)
            event.set_text(Text::service, "sshd");
        else
            event.set_text(Text::tty, record.line);
        events.add(std::move(event));
        return true;
    }

    struct Connection {
        std::string user, host;
        std::int64_t time_usec = 0;
    };
    bool is_of_this_machine_;
    std::unordered_map<std::int32_t, Connection> connections_; ///< by process: the last of each number
    std::unordered_map<std::string, bool> is_known_;
};

} // namespace

std::unique_ptr<ImportSource> open_wtmp(const std::vector<std::string> &paths, const std::optional<std::string> &host) {
    return std::make_unique<Wtmp>(paths, host);
}

std::unique_ptr<ImportSource> open_btmp(const std::vector<std::string> &paths, const std::optional<std::string> &host) {
    return std::make_unique<Btmp>(paths, host);
}

} // namespace iptracking
