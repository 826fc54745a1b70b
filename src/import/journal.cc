// SPDX-License-Identifier: GPL-2.0-or-later
// The journal.  Anybody may write any message to it, under any name.  What journald itself adds (_UID, _EXE) nobody can
// forge, so only entries of root's processes count, and of these what sshd wrote.
#include "base/error.h"
#include "event/event_line.h"
#include "import/found_line.h"
#include "import/import_source.h"
#include "import/log_line.h"
#include "import/sshd_assembly.h"
#include "import/words.h"

#include <memory>
#include <systemd/sd-journal.h>

namespace iptracking {
namespace {

constexpr char of_root[] = "_UID=0";
constexpr char of_refusal[] = "MESSAGE_ID=a100bc82bb3c4159b69ae85d29eba2f6"; // pam_callback/refusal.cc
constexpr std::uint64_t entries_a_step = 512;

class Journal {
public:
    explicit Journal(const std::optional<std::string> &directory) {
        sd_journal *handle = nullptr;
        check(directory ? ::sd_journal_open_directory(&handle, directory->c_str(), 0)
                        : ::sd_journal_open(&handle, SD_JOURNAL_LOCAL_ONLY),
              directory ? "cannot open the journal in the folder" : "cannot open the journal");
        handle_.reset(handle);
    }

    void add_match(const std::string &match) {
        check(::sd_journal_add_match(handle_.get(), match.data(), match.size()),
              "cannot choose entries of the journal");
    }

    /// The paths of programs with a name of sshd's.
    std::vector<std::string> programs_of_sshd() {
        std::vector<std::string> found;
        check(::sd_journal_query_unique(handle_.get(), "_EXE"), "cannot ask the journal for its programs");
        const void *data = nullptr;
        std::size_t size = 0;
        while (::sd_journal_enumerate_unique(handle_.get(), &data, &size) > 0) {
            const std::string match(static_cast<const char *>(data), size);
            if (is_sshd(match.substr(match.rfind('/') + 1)))
                found.push_back(match);
        }
        return found;
    }

    bool next() { return check(::sd_journal_next(handle_.get()), "cannot read the journal") > 0; }

    /// data() is null: the entry has no such field.
    std::string_view field(const char *name) {
        const void *data = nullptr;
        std::size_t size = 0;
        if (::sd_journal_get_data(handle_.get(), name, &data, &size) < 0)
            return {};
        const std::string_view all(static_cast<const char *>(data), size);
        return all.substr(all.find('=') + 1);
    }

    /// When it was written; where the journal does not know that, when it came.
    std::int64_t time_usec() {
        std::int64_t sent = 0;
        if (words::read_number(field("_SOURCE_REALTIME_TIMESTAMP"), sent))
            return sent;
        std::uint64_t came = 0;
        check(::sd_journal_get_realtime_usec(handle_.get(), &came), "cannot read a time of the journal");
        return static_cast<std::int64_t>(came);
    }

private:
    struct Close {
        void operator()(sd_journal *handle) const noexcept { ::sd_journal_close(handle); }
    };
    std::unique_ptr<sd_journal, Close> handle_;
};

std::string journal_name(const std::optional<std::string> &directory) {
    return directory ? "journal in '" + *directory + "'" : "journal";
}

/// What callbacks could not deliver.
class Refused final : public ImportSource {
public:
    explicit Refused(const std::optional<std::string> &directory)
        : name_(journal_name(directory)), journal_(directory) {
        journal_.add_match(of_root);
        journal_.add_match(of_refusal);
    }

    std::string name() const override { return "refused events in the " + name_; }

    void read(EventImport &events, SourceReport &report, const OnProgress &progress) override {
        report.unit = "entries";
        while (journal_.next()) {
            if (++report.read % entries_a_step == 0)
                progress(report.read, 0);
            const std::string line(journal_.field("IPTRACKING_LINE"));
            auto event = read_found_line(line);
            if (!event) {
                report.add_not_understood(line);
                continue;
            }
            event->origin = Origin::refused;
            if (event->time_usec == no_time)
                event->time_usec = journal_.time_usec();
            events.add(std::move(*event));
        }
    }

private:
    std::string name_;
    Journal journal_;
};

class SshdInJournal final : public ImportSource {
public:
    explicit SshdInJournal(const std::optional<std::string> &directory)
        : name_(journal_name(directory)), journal_(directory) {
        const std::vector<std::string> programs = journal_.programs_of_sshd();
        is_there_ = !programs.empty();
        journal_.add_match(of_root);
        for (const std::string &program : programs)
            journal_.add_match(program);
    }

    std::string name() const override { return "sshd in the " + name_; }

    void read(EventImport &events, SourceReport &report, const OnProgress &progress) override {
        report.unit = "entries";
        SshdAssembly assembly(Origin::journal, [&](FoundEvent &&event) { events.add(std::move(event)); });
        while (is_there_ && journal_.next()) {
            take(assembly, report);
            if (++report.read % entries_a_step == 0) {
                events.settle(assembly.told_until());
                progress(report.read, 0);
            }
        }
        assembly.finish();
        if (!is_there_)
            report.remarks.push_back(
                "no program named sshd has written to it, as far as this user may read it: root and "
                "members of the group systemd-journal may read all");
    }

private:
    void take(SshdAssembly &assembly, SourceReport &report) {
        // What is asked for later may move what was asked for before.
        const std::string text(journal_.field("MESSAGE"));
        const auto message = read_sshd_message(text);
        if (!message) {
            report.add_not_understood(text);
            return;
        }
        if (!tells(*message))
            ++report.without_result;
        std::int32_t pid = 0;
        words::read_number(journal_.field("_PID"), pid);
        const std::int64_t time_usec = journal_.time_usec();
        const std::string host(journal_.field("_HOSTNAME"));
        assembly.take({time_usec, host, pid, *message});
    }

    std::string name_;
    Journal journal_;
    bool is_there_ = false;
};

} // namespace

std::unique_ptr<ImportSource> open_refused(const std::optional<std::string> &directory) {
    return std::make_unique<Refused>(directory);
}

std::unique_ptr<ImportSource> open_journal(const std::optional<std::string> &directory) {
    return std::make_unique<SshdInJournal>(directory);
}

} // namespace iptracking
