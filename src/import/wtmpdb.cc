// SPDX-License-Identifier: GPL-2.0-or-later
#include "db/sqlite.h"
#include "event/timestamp.h"
#include "import/import_source.h"

namespace iptracking {
namespace {

constexpr char user_process[] = "3"; // wtmpdb.h
constexpr std::uint64_t rows_a_step = 256;

/// The database of wtmpdb: a row a session.
class Wtmpdb final : public ImportSource {
public:
    Wtmpdb(const std::string &path, const std::optional<std::string> &host)
        : path_(path), host_(host), database_(path, SQLITE_OPEN_READONLY),
          rows_(database_, std::string("SELECT User, Login, Logout, TTY, RemoteHost, Service FROM wtmp WHERE Type = ") +
                               user_process + " ORDER BY Login, ID") {
        // Its files are open from here on; the rows are read when root's rights are gone.
        database_.execute("PRAGMA trusted_schema = OFF; BEGIN");
        if (database_.number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'wtmp'") != 1)
            throw Error("'" + path + "' has no table wtmp");
    }

    std::string name() const override { return "wtmpdb '" + path_ + "'"; }

    void read(EventImport &events, SourceReport &report, const OnProgress &progress) override {
        report.unit = "sessions";
        while (rows_.step()) {
            if (++report.read % rows_a_step == 0) {
                events.settle(rows_.column_number(1));
                progress(report.read, 0);
            }
            if (!take(events))
                report.add_not_understood(rows_.column_text(0));
        }
    }

private:
    bool take(EventImport &events) {
        FoundEvent event{
            .time_usec = rows_.column_number(1), .kind = EventKind::open_session, .origin = Origin::wtmpdb};
        if (event.time_usec <= 0 || event.time_usec > latest_time_usec || rows_.column_is_null(0))
            return false;
        event.session = ++last_session_;
        event.set_user(rows_.column_text(0));
        if (!rows_.column_is_null(3))
            event.set_text(Text::tty, rows_.column_text(3));
        if (!rows_.column_is_null(5))
            event.set_text(Text::service, rows_.column_text(5));
        const std::string host = rows_.column_text(4);
        if (const auto address = IpAddress::parse(host))
            event.source = *address;
        else if (!host.empty())
            event.set_text(Text::rhost, host);
        if (host_)
            event.set_text(Text::host, *host_);
        const std::int64_t logout = rows_.column_is_null(2) ? 0 : rows_.column_number(2);
        events.add(FoundEvent(event));
        if (logout >= event.time_usec && logout <= latest_time_usec) {
            event.kind = EventKind::close_session;
            event.time_usec = logout;
            events.add(std::move(event));
        }
        return true;
    }

    std::string path_;
    std::optional<std::string> host_;
    sqlite::Database database_;
    sqlite::Statement rows_;
    std::uint64_t last_session_ = 0;
};

} // namespace

std::unique_ptr<ImportSource> open_wtmpdb(const std::string &path, const std::optional<std::string> &host) {
    try {
        return std::make_unique<Wtmpdb>(path, host);
    } catch (const sqlite::SqliteError &error) {
        throw Error("'" + path + "' is no database of wtmpdb: " + error.what());
    }
}

} // namespace iptracking
