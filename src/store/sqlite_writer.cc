// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_writer.h"

#include "event/timestamp.h"
#include "store/sqlite_attempts.h"

namespace iptracking {
namespace {

constexpr char insert_sql[] = "INSERT INTO inet_log (id, dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, "
                              "dst_port, outcome, sshd_pid, "
                              "service, tty, ruser, rhost, host, flags, src_net6, origin) "
                              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
                              "?18)";

// Somebody may have removed the attempt since it was learned.
constexpr char pair_sql[] = "INSERT INTO attempt_success SELECT id, ?2 FROM inet_log WHERE id = ?1";

constexpr char open_sql[] = "INSERT INTO session (open_id, sshd_pid) VALUES (?1, ?2)";

// The last open session of the same process; where none is known, of the same user on the same connection.  (With
// a process the connection is not asked for: a user can falsify its port once he is logged in.)  The last one is that
// with the last date before the close, since what is imported comes later.  Two that are live may have been in
// this order though their dates are not: somebody put the clock back.
// (SQLite takes open_id from the row of the maximum; sorting would take longer than all the rest.)
constexpr char close_sql[] =
    "UPDATE session SET close_id = ?1 WHERE open_id = (SELECT open_id FROM ("
    "SELECT session.open_id, max((o.log_date <= ?8) || o.log_date || printf('%019d', o.id)) "
    "FROM session JOIN inet_log AS o ON o.id = session.open_id "
    "WHERE session.close_id IS NULL AND session.sshd_pid IS ?2 AND o.service IS ?5 AND o.host IS ?6 "
    "AND (?2 IS NOT NULL OR (o.src_port IS ?3 AND o.src_ipaddr IS ?4 AND o.uid IS ?7)) "
    "AND (o.log_date <= ?8 OR (o.origin IS NULL AND ?9 IS NULL))))";

constexpr char position_sql[] = "INSERT INTO stream (id, segment, offset) VALUES (?1, ?2, ?3) "
                                "ON CONFLICT (id) DO UPDATE SET segment = excluded.segment, offset = excluded.offset";

// A number must never be used twice, though the rows with the highest ones may be gone.
constexpr char last_id_sql[] = "SELECT max(ifnull((SELECT max(id) FROM inet_log), 0), "
                               "(SELECT max(upto) FROM summary), ifnull((SELECT max(open_id) FROM session), 0))";

void bind_text(sqlite::Statement &statement, int index, const StoredValue &value) {
    if (value.present)
        statement.bind(index, value.text);
    else
        statement.bind_null(index);
}

/// Zero: not known.
void bind_number(sqlite::Statement &statement, int index, std::int64_t number) {
    if (number != 0)
        statement.bind(index, number);
    else
        statement.bind_null(index);
}

void bind_nonempty(sqlite::Statement &statement, int index, std::string_view text) {
    if (!text.empty())
        statement.bind(index, text);
    else
        statement.bind_null(index);
}

std::string text_of(const IpAddress &address) {
    return address.is_absent() ? "" : address.to_string();
}

std::string_view view_of(const StoredValue &value) {
    return value.present ? value.text : std::string_view{};
}

/// Null, where it is empty.
std::string_view view_of(const std::string &text) {
    return text.empty() ? std::string_view{} : std::string_view(text);
}

} // namespace

SqliteWriter::SqliteWriter(sqlite::Database &database, const std::string &stream_id)
    : database_(database), stream_id_(stream_id), last_(database, last_id_sql), insert_(database, insert_sql),
      pair_(database, pair_sql), open_(database, open_sql), close_(database, close_sql),
      position_(database, position_sql) {
    catch_up(); // so that the first transaction has less to do
}

std::optional<Place> SqliteWriter::stored() {
    sqlite::Statement ask(database_, "SELECT segment, offset FROM stream WHERE id = ?1");
    if (!ask.bind(1, stream_id_).step())
        return std::nullopt;
    return Place{static_cast<std::uint64_t>(ask.column_number(0)), static_cast<std::uint64_t>(ask.column_number(1))};
}

void SqliteWriter::write(const Batch &batch) {
    in_transaction([&] {
        insert_all(batch, {});
        position_.bind(1, stream_id_)
            .bind(2, static_cast<std::int64_t>(batch.to.segment))
            .bind(3, static_cast<std::int64_t>(batch.to.offset))
            .run();
    });
}

void SqliteWriter::import(const Batch &batch, std::string_view origin) {
    in_transaction([&] { insert_all(batch, origin); });
}

template <class Body> void SqliteWriter::in_transaction(const Body &body) {
    sqlite::Transaction transaction(database_);
    try {
        catch_up();
        body();
        learned_ = last_id_;
        transaction.commit();
    } catch (...) {
        learned_ = 0;
        attempts_.clear();
        throw;
    }
}

/// Finds the last id, and learns what another connection has written since.
void SqliteWriter::catch_up() {
    last_.step();
    last_id_ = last_.column_number(0);
    last_.reset();
    if (last_id_ == learned_)
        return;
    try {
        learn_attempts(database_, attempts_, learned_);
    } catch (const sqlite::SqliteError &error) {
        // A row that cannot be read hides at most which attempt succeeded; new ones can be stored all the same.
        if (!error.damaged())
            throw;
        attempts_.clear();
    }
    learned_ = last_id_;
}

void SqliteWriter::insert_all(const Batch &batch, std::string_view origin) {
    RowReader row(batch);
    for (const Event &event : batch.events) {
        row.read(event);
        insert(event, row, origin);
    }
}

void SqliteWriter::insert(const Event &event, const RowReader &row, std::string_view origin) {
    const std::string destination = text_of(event.destination), source = text_of(event.source);
    const std::string date = format_utc(event.time_usec);
    const std::string net6 = event.source.is_absent() ? "" : first_half_of_v6(event.source);
    const char *const outcome = name_of(event.outcome);
    insert_.bind(1, ++last_id_);
    bind_nonempty(insert_, 2, destination);
    bind_nonempty(insert_, 3, source);
    bind_number(insert_, 4, event.source_port);
    insert_.bind(5, static_cast<std::int64_t>(event.kind));
    bind_text(insert_, 6, row[Text::user]);
    insert_.bind(7, date);
    bind_number(insert_, 8, event.destination_port);
    if (outcome)
        insert_.bind(9, std::string_view(outcome));
    else
        insert_.bind_null(9);
    bind_number(insert_, 10, event.pid);
    bind_text(insert_, 11, row[Text::service]);
    bind_text(insert_, 12, row[Text::tty]);
    bind_text(insert_, 13, row[Text::ruser]);
    bind_text(insert_, 14, row[Text::rhost]);
    bind_text(insert_, 15, row[Text::host]);
    insert_.bind(16, std::int64_t{row.flags()});
    bind_nonempty(insert_, 17, net6);
    bind_nonempty(insert_, 18, origin);
    insert_.run();

    if (event.kind == EventKind::auth) {
        const AuthRow auth{last_id_,          event.outcome,          view_of(row[Text::host]),
                           view_of(source),   view_of(destination),   view_of(row[Text::service]),
                           event.source_port, event.destination_port, event.pid};
        if (const auto attempt = attempts_.next(auth))
            pair_.bind(1, *attempt).bind(2, last_id_).run();
    } else if (event.kind == EventKind::open_session) {
        open_.bind(1, last_id_);
        bind_number(open_, 2, event.pid);
        open_.run();
    } else if (event.kind == EventKind::close_session) {
        close_.bind(1, last_id_);
        bind_number(close_, 2, event.pid);
        bind_number(close_, 3, event.source_port);
        bind_nonempty(close_, 4, source);
        bind_text(close_, 5, row[Text::service]);
        bind_text(close_, 6, row[Text::host]);
        bind_text(close_, 7, row[Text::user]);
        close_.bind(8, date);
        bind_nonempty(close_, 9, origin);
        close_.run();
    }
}

} // namespace iptracking
