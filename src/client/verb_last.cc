// SPDX-License-Identifier: GPL-2.0-or-later
// `iptracking last`: sessions, or with --failed failed attempts, as last(1) and lastb(1) print them.
#include "base/log.h"
#include "client/asking_verb.h"
#include "client/last_line.h"
#include "client/verbs.h"
#include "output/put.h"
#include "output/safe_text.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <netdb.h>

namespace iptracking {
namespace {

/// Where a column stands.
std::size_t column(std::span<const Column> columns, std::string_view name) {
    return static_cast<std::size_t>(
        std::find_if(columns.begin(), columns.end(), [&](const Column &c) { return c.name == name; }) -
        columns.begin());
}

std::string text_at(const Row &row, std::size_t at) {
    const auto *text = std::get_if<std::string>(&row[at]);
    return text ? *text : "";
}

std::optional<std::int64_t> number_at(const Row &row, std::size_t at) {
    const auto *number = std::get_if<std::int64_t>(&row[at]);
    return number ? std::optional{*number} : std::nullopt;
}

std::string without_dev(const std::string &tty) {
    return tty.starts_with("/dev/") ? tty.substr(5) : tty;
}

/// The name that belongs to an address; the address where there is none.
std::string name_of(const std::string &text) {
    const auto address = IpAddress::parse(text);
    if (!address)
        return text;
    sockaddr_in6 mapped{.sin6_family = AF_INET6};
    std::memcpy(&mapped.sin6_addr, address->bytes.data(), address->bytes.size());
    char name[NI_MAXHOST] = "";
    const int failed = ::getnameinfo(reinterpret_cast<const sockaddr *>(&mapped), sizeof(mapped), name, sizeof(name),
                                     nullptr, 0, NI_NAMEREQD);
    return failed ? text : name;
}

class Last final : public Verb {
public:
    void declare(OptionList &options) override {
        options.words("USER", words_, "Of these users or terminals (pts/0, tty1)");
        options.flag("--failed", failed_, "Attempts that failed, as lastb(1) had them");
        options.value("-s", "TIME", since_, "As --since");
        options.value("-t", "TIME", until_, "As --until");
        options.value("-p,--present", "TIME", present_, "Those who were there at this time");
        options.flag("-F,--fulltimes", full_times_, "Times with seconds and year");
        options.value("--time-format", "notime|short|full|iso", time_format_, "How times are written");
        options.flag("-w,--fullnames", form_.full_names, "User names are not cut");
        options.flag("-R,--nohostname", form_.no_host, "Without the host");
        options.flag("-a,--hostlast", form_.host_at_end, "The host in the last column");
        options.flag("-d,--dns", names_, "The names of addresses, by asking name servers");
        options.flag("-i,--ip", addresses_, "Addresses, not names (as always)");
        options.flag("-x,--system", system_, "Accepted: shutdowns are not recorded");
        selection_.declare(options);
        output_.declare(options, {});
    }

    int run(const Called &called) override {
        Selection selection = selection_.read();
        if (!failed_)
            refuse_kinds(selection);
        read_times(selection);
        read_words(selection);
        const Format format = output_.style().format;
        const Extent extent{output_.reverse() ? Order::oldest_first : Order::newest_first, output_.lines(std::nullopt)};
        const auto database = open_asked_database(called.read());
        if (failed_)
            selection.outcomes = {.any_of = {"failure"}};
        const Display display(output_);
        const std::span<const Column> columns = failed_ ? events_columns() : sessions_columns();
        if (format != Format::table) {
            const auto writer = display.writer(columns);
            ask(*database, selection, extent, [&](const Row &row) {
                writer->write(row);
                return true;
            });
            return display.conclude(*writer);
        }
        return print(*database, selection, extent);
    }

private:
    void read_times(Selection &selection) {
        if (since_)
            selection.since_usec = parse_time_option("-s", *since_);
        if (until_)
            selection.until_usec = parse_time_option("-t", *until_) + 1;
        if (present_) {
            present_usec_ = parse_time_option("--present", *present_);
            selection.until_usec = std::min(selection.until_usec.value_or(*present_usec_ + 1), *present_usec_ + 1);
        }
        const std::string format = time_format_.value_or(full_times_ ? "full" : "short");
        if (format == "notime")
            form_.time = LastTime::none;
        else if (format == "full")
            form_.time = LastTime::full;
        else if (format == "iso")
            form_.time = LastTime::iso;
        else if (format != "short")
            throw UsageError("--time-format needs notime, short, full or iso, not '" + printable(format) + "'");
        form_.utc = output_.utc();
    }

    /// Words that look like terminals are compared here, all others by the database.
    void read_words(Selection &selection) {
        const auto is_tty = [](const std::string &word) {
            return word.starts_with("pts/") || word.starts_with("/dev/") ||
                   (word.starts_with("tty") && word.size() > 3 &&
                    word.find_first_not_of("0123456789S", 3) == word.npos);
        };
        for (const std::string &word : words_)
            if (is_tty(word))
                ttys_.push_back(without_dev(word));
            else if (word.starts_with('!'))
                selection.users.none_of.push_back(stored_form(word.substr(1)));
            else
                selection.users.any_of.push_back(stored_form(word));
        if (!ttys_.empty() && !selection.users.empty())
            throw UsageError("say users or terminals, not both");
    }

    /// Sessions or failed attempts, of the terminals and the time that were asked for.
    void ask(AskedDatabase &database, const Selection &selection, const Extent &extent, const RowSink &sink) const {
        const std::span<const Column> columns = failed_ ? events_columns() : sessions_columns();
        const std::size_t tty = column(columns, "tty"), end = column(columns, "end");
        const auto wanted = [&](const Row &row) {
            if (!ttys_.empty() && std::find(ttys_.begin(), ttys_.end(), without_dev(text_at(row, tty))) == ttys_.end())
                return false;
            return failed_ || !present_usec_ || number_at(row, end).value_or(*present_usec_) >= *present_usec_;
        };
        const bool filtered = !ttys_.empty() || present_usec_;
        std::int64_t left = extent.limit.value_or(-1);
        const Extent asked{extent.order, filtered ? std::nullopt : extent.limit};
        const RowSink filter = [&](const Row &row) { return !wanted(row) || (sink(row) && --left != 0); };
        if (failed_)
            ask_events(database, selection, asked, filtered ? filter : sink);
        else
            ask_sessions(database, selection, asked, Sessions::all, filtered ? filter : sink);
    }

    LastEntry entry_of(const Row &row) const {
        const std::span<const Column> columns = failed_ ? events_columns() : sessions_columns();
        static const std::size_t start = column(sessions_columns(), "start"), end = column(sessions_columns(), "end"),
                                 state = column(sessions_columns(), "state");
        LastEntry entry;
        const auto *user = std::get_if<std::string>(&row[column(columns, "user")]);
        entry.user = user ? terminal_word(*user) : "-";
        std::string tty = without_dev(text_at(row, column(columns, "tty")));
        if (tty.empty())
            tty = text_at(row, column(columns, "service"));
        entry.tty = terminal_word(tty);
        std::string host = text_at(row, column(columns, "source"));
        const std::string rhost = text_at(row, column(columns, "rhost"));
        if (host.empty())
            host = rhost;
        else if (names_)
            host = rhost.empty() || rhost == host ? name_of(host) : rhost;
        entry.host = terminal_text(host);
        if (output_.style().full)
            entry.recorded_by = terminal_text(text_at(row, column(columns, "host")));
        entry.start_usec = number_at(row, failed_ ? 0 : start).value_or(0);
        entry.end_usec = failed_ ? entry.start_usec : number_at(row, end);
        entry.state = failed_ ? "" : text_at(row, state);
        return entry;
    }

    int print(AskedDatabase &database, const Selection &selection, const Extent &extent) const {
        bool found = false;
        ask(database, selection, extent, [&](const Row &row) {
            put(stdout, last_line(entry_of(row), form_));
            return found = true;
        });
        if (output_.style().legend && !output_.quiet())
            print_begin(database);
        return found ? EXIT_SUCCESS : nothing_found;
    }

    /// How far back it reaches.
    void print_begin(AskedDatabase &database) const {
        constexpr std::array kinds{Kind::time};
        database.ask(Sql("SELECT " + database.dialect().time("min(log_date)") + " FROM inet_log"), kinds,
                     [&](const Row &row) {
                         if (const auto first = number_at(row, 0))
                             put(stdout, "\niptracking begins " + last_long_time(*first, form_.utc) + "\n");
                         return true;
                     });
    }

    SelectionOptions selection_;
    OutputOptions output_;
    std::vector<std::string> words_, ttys_;
    std::optional<std::string> since_, until_, present_, time_format_;
    std::optional<std::int64_t> present_usec_;
    bool failed_ = false, full_times_ = false, names_ = false, addresses_ = false, system_ = false;
    LastForm form_;
};

} // namespace

std::unique_ptr<Verb> make_last() {
    return std::make_unique<Last>();
}

} // namespace iptracking
