// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_writer.h"

#include "event/timestamp.h"
#include "store/sqlite_attempts.h"

#include <algorithm>
#include <vector>

namespace iptracking {
namespace {

constexpr char insert_sql[] =
    "INSERT OR ROLLBACK INTO inet_log (id, dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, "
    "outcome, sshd_pid, service, tty, ruser, rhost, host, flags, src_net6, origin, rx_bytes, tx_bytes, rx_packets, "
    "tx_packets, auth_method, auth_key, cert_id, cert_serial, cert_ca) VALUES ";
constexpr char values_sql[] = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr int columns = 27;

// To begin and to end a statement takes as long as to insert a row.  (Where it would have to undo only itself it would
// take longer again: OR ROLLBACK.)
constexpr std::size_t rows_at_once = 8;

std::string insert_rows_sql(std::size_t rows) {
    std::string sql = insert_sql;
    for (std::size_t row = 0; row < rows; ++row)
        sql.append(row == 0 ? "" : ", ").append(values_sql);
    return sql;
}

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

/// What a row says, until it is stored.
struct SqliteWriter::Row {
    explicit Row(const Batch &batch) noexcept : texts(batch) {}

    void read(const Event &from) {
        event = &from;
        texts.read(from);
        destination = text_of(from.destination);
        source = text_of(from.source);
        date = format_utc(from.time_usec);
        net6 = from.source.is_absent() ? "" : first_half_of_v6(from.source);
    }

    Sample as_sample() const {
        return {.host = view_of(texts[Text::host]),
                .source = source,
                .destination = destination,
                .date = date,
                .source_port = event->source_port,
                .destination_port = event->destination_port,
                .counters = texts.counters()};
    }

    const Event *event = nullptr;
    RowReader texts;
    std::string destination, source, date, net6;
};

SqliteWriter::SqliteWriter(sqlite::Database &database, const std::string &stream_id, SqliteSummaries *summaries)
    : database_(database), stream_id_(stream_id), summaries_(summaries), last_(database, last_id_sql),
      insert_(database, insert_rows_sql(1)), insert_many_(database, insert_rows_sql(rows_at_once)),
      pair_(database, pair_sql), open_(database, open_sql), close_(database, close_sql), samples_(database),
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
        if (summaries_)
            summaries_->begin();
        body();
        learned_ = last_id_;
        transaction.commit();
    } catch (...) {
        learned_ = 0;
        attempts_.clear();
        if (summaries_)
            summaries_->forget();
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
    const std::vector<Event> &events = batch.events;
    std::vector<Row> rows(std::min(rows_at_once, events.size()), Row(batch));
    std::size_t filled = 0;
    const auto insert_filled = [&] {
        insert(std::span(rows).first(filled), origin);
        for (std::size_t i = 0; i < filled; ++i)
            inserted(++last_id_, rows[i], origin);
        filled = 0;
    };
    for (const Event &event : events) {
        if (filled == rows.size() || (event.kind == EventKind::sample && filled > 0))
            insert_filled();
        rows[filled].read(event);
        if (event.kind == EventKind::sample)
            samples_.store(rows[filled].as_sample());
        else
            ++filled;
    }
    insert_filled();
}

/// Behind last_id_.
void SqliteWriter::insert(std::span<const Row> rows, std::string_view origin) {
    const bool many = rows.size() == rows_at_once;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        bind(many ? insert_many_ : insert_, many ? static_cast<int>(i) * columns : 0,
             last_id_ + static_cast<std::int64_t>(i) + 1, rows[i], origin);
        if (!many)
            insert_.run();
    }
    if (many)
        insert_many_.run();
}

/// To the parameters behind `before`.
void SqliteWriter::bind(sqlite::Statement &statement, int before, std::int64_t id, const Row &row,
                        std::string_view origin) {
    const Event &event = *row.event;
    const char *const outcome = name_of(event.outcome);
    statement.bind(before + 1, id);
    bind_nonempty(statement, before + 2, row.destination);
    bind_nonempty(statement, before + 3, row.source);
    bind_number(statement, before + 4, event.source_port);
    statement.bind(before + 5, static_cast<std::int64_t>(event.kind));
    bind_text(statement, before + 6, row.texts[Text::user]);
    statement.bind(before + 7, row.date);
    bind_number(statement, before + 8, event.destination_port);
    bind_nonempty(statement, before + 9, outcome ? outcome : "");
    bind_number(statement, before + 10, event.pid);
    bind_text(statement, before + 11, row.texts[Text::service]);
    bind_text(statement, before + 12, row.texts[Text::tty]);
    bind_text(statement, before + 13, row.texts[Text::ruser]);
    bind_text(statement, before + 14, row.texts[Text::rhost]);
    bind_text(statement, before + 15, row.texts[Text::host]);
    statement.bind(before + 16, std::int64_t{row.texts.flags()});
    bind_nonempty(statement, before + 17, row.net6);
    bind_nonempty(statement, before + 18, origin);
    bind_counters(statement, before + 19, row.texts.counters());
    bind_text(statement, before + 23, row.texts[Text::auth_method]);
    bind_text(statement, before + 24, row.texts[Text::auth_key]);
    bind_text(statement, before + 25, row.texts[Text::cert_id]);
    bind_text(statement, before + 26, row.texts[Text::cert_serial]);
    bind_text(statement, before + 27, row.texts[Text::cert_ca]);
}

/// What follows from a row, in the order of the rows.
void SqliteWriter::inserted(std::int64_t id, const Row &row, std::string_view origin) {
    const Event &event = *row.event;
    const RowReader &texts = row.texts;
    const char *const outcome = name_of(event.outcome);
    if (summaries_)
        summaries_->note({id, static_cast<std::int64_t>(event.kind), row.date, outcome ? outcome : "",
                          view_of(texts[Text::user]), view_of(row.destination), view_of(row.source),
                          view_of(row.net6)});

    if (event.kind == EventKind::auth) {
        const AuthRow auth{id,
                           event.outcome,
                           view_of(texts[Text::host]),
                           view_of(row.source),
                           view_of(row.destination),
                           view_of(texts[Text::service]),
                           event.source_port,
                           event.destination_port,
                           event.pid};
        if (const auto attempt = attempts_.next(auth))
            pair_.bind(1, *attempt).bind(2, id).run();
    } else if (event.kind == EventKind::open_session) {
        open_.bind(1, id);
        bind_number(open_, 2, event.pid);
        open_.run();
    } else if (event.kind == EventKind::close_session) {
        close_.bind(1, id);
        bind_number(close_, 2, event.pid);
        bind_number(close_, 3, event.source_port);
        bind_nonempty(close_, 4, row.source);
        bind_text(close_, 5, texts[Text::service]);
        bind_text(close_, 6, texts[Text::host]);
        bind_text(close_, 7, texts[Text::user]);
        close_.bind(8, row.date);
        bind_nonempty(close_, 9, origin);
        close_.run();
    }
}

} // namespace iptracking
