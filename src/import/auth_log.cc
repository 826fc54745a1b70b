// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/import_source.h"
#include "import/log_line.h"
#include "import/sshd_assembly.h"
#include "import/text_file.h"

#include <algorithm>
#include <utility>

namespace iptracking {
namespace {

constexpr std::uint64_t lines_a_step = 1'024;

class AuthLogs final : public ImportSource {
public:
    AuthLogs(const std::vector<std::string> &paths, std::optional<int> last_year) : last_year_(last_year) {
        for (const std::string &path : paths)
            files_.push_back(std::make_unique<TextFile>(path));
        // "auth.log auth.log.1" is how a shell sorts them.
        std::stable_sort(files_.begin(), files_.end(),
                         [](const auto &a, const auto &b) { return a->changed_usec() < b->changed_usec(); });
        for (const auto &file : files_)
            size_ += file->size();
    }

    std::string name() const override {
        std::string all;
        for (const auto &file : files_)
            all += (all.empty() ? "" : ", ") + file->name();
        return "auth-log " + all;
    }

    void read(EventImport &events, SourceReport &report, const OnProgress &progress) override {
        SshdAssembly assembly(Origin::text, [&](FoundEvent &&event) { events.add(std::move(event)); });
        std::uint64_t before = 0;
        for (const auto &file : files_) {
            is_first_ = true;
            LogYears years(file->changed_usec(), last_year_);
            while (const auto line = file->next()) {
                std::string_view rest = *line;
                if (const auto stamp = take_log_stamp(rest))
                    years.see(*stamp);
            }
            file->rewind();
            years.begin();
            while (const auto line = file->next()) {
                take(*line, years, assembly, events, report);
                if (report.read % lines_a_step == 0) {
                    events.settle(assembly.told_until());
                    progress(before + file->read_so_far(), size_);
                }
            }
            if (!file->damage().empty())
                report.remarks.push_back(file->damage());
            before += file->size();
        }
        assembly.finish();
    }

private:
    void take(std::string_view text, LogYears &years, SshdAssembly &assembly, EventImport &events,
              SourceReport &report) {
        ++report.read;
        auto line = read_log_line(text);
        if (!line) {
            report.add_not_understood(text);
            return;
        }
        line->stamp.year = years.year(line->stamp);
        if (!is_sshd(line->ident)) {
            ++report.of_others;
            return;
        }
        const auto time_usec = time_.usec(line->stamp);
        const auto message = read_sshd_message(line->message);
        if (!time_usec || !message) {
            report.add_not_understood(text);
            return;
        }
        if (!tells(*message))
            ++report.without_result;
        if (std::exchange(is_first_, false)) {
            if (*time_usec < last_usec_)
                assembly.finish(); // it does not go on where the last one ended, but tells the same again
            events.begin_file();
        }
        last_usec_ = *time_usec;
        assembly.take({*time_usec, line->host, line->pid, *message});
    }

    std::optional<int> last_year_;
    std::vector<std::unique_ptr<TextFile>> files_;
    std::uint64_t size_ = 0;
    LogTime time_;
    bool is_first_ = true; ///< of the file is the next line of sshd
    std::int64_t last_usec_ = 0;
};

} // namespace

std::unique_ptr<ImportSource> open_auth_logs(const std::vector<std::string> &paths, std::optional<int> last_year) {
    return std::make_unique<AuthLogs>(paths, last_year);
}

} // namespace iptracking
