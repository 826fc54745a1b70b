// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_driver.h"

#include "base/error.h"
#include "base/log.h"
#include "base/log_fields.h"
#include "loop/service_manager.h"
#include "loop/sources.h"
#include "store/batch_limit.h"
#include "store/sqlite_aside.h"
#include "store/sqlite_file.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_writer.h"

#include <chrono>
#include <sys/stat.h>

namespace iptracking {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto look_at_lock_again = 200ms;
constexpr auto summarise_after = 5s;         // together with what comes meanwhile
constexpr std::int64_t soon = 1000;          // events that are summarised as soon as nothing waits
constexpr std::int64_t summary_step = 20000; // events in one transaction, where they have to be read
constexpr int rest_after_summary = 4;        // times its duration, as long as batches come
constexpr int progress_steps = 200'000;      // of SQLite's virtual machine: some milliseconds

/// The file that is open, to notice that another one has its name.
struct FileId {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const FileId &) const = default;
};

std::optional<FileId> id_of(const std::string &path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) < 0)
        return std::nullopt;
    return FileId{status.st_dev, status.st_ino};
}

/// One connection, ready to write.
struct OpenDatabase {
    OpenDatabase(sqlite::Database connection, const std::string &stream_id);

    void set_checkpoint_when_closed(bool on) noexcept {
        sqlite3_db_config(database.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on ? 0 : 1, nullptr);
    }

    sqlite::Database database;
    std::optional<FileId> id;
    std::optional<SqliteSummaries> summaries; // these after the schema
    std::optional<SqliteWriter> writer;
};

OpenDatabase::OpenDatabase(sqlite::Database connection, const std::string &stream_id)
    : database(std::move(connection)) {
    set_checkpoint_when_closed(false); // one that cannot be opened stays as it is
    // A long statement, the upgrade of a large database, must not look like a hang.
    sqlite3_progress_handler(
        database.get(), progress_steps,
        [](void *) {
            notify_watchdog();
            return 0;
        },
        nullptr);
    set_up_sqlite_writer(database);
    if (const std::string file = database.file(); !file.empty())
        id = id_of(file);
    prepare_sqlite_schema(database);
    summaries.emplace(database);
    writer.emplace(database, stream_id, &*summaries);
    set_checkpoint_when_closed(true);
}

class SqliteDriver final : public Driver {
public:
    SqliteDriver(const DriverContext &context, const SqliteConfig &config)
        : handler_(context.handler), stream_(context.stream), config_(config), target_("sqlite3 " + config.filename),
          working_(context.loop, [this] { work(); }), lock_timer_(context.loop, [this] { working_.schedule(); }),
          summary_timer_(context.loop, [this] { summarise(); }) {}

    void start() override {
        close();
        working_.schedule();
    }
    bool can_accept() const noexcept override { return open_ && !batch_; }
    std::size_t batch_limit() const noexcept override { return batch_limit_.events(); }
    void store(const Batch &batch) override {
        batch_ = &batch;
        working_.schedule();
    }
    const std::string &target() const noexcept override { return target_; }

private:
    /// What is next: to open the database, or to store the batch.
    void work() {
        try {
            if (!open_)
                open();
            else if (batch_)
                commit();
        } catch (const sqlite::SqliteError &error) {
            if (error.busy())
                wait_for_lock();
            else
                fail(error.damaged());
        } catch (const std::exception &) {
            fail();
        }
    }

    void open() {
        sqlite::Database connection(config_.filename,
                                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | sqlite_open_flags(config_));
        file_ = connection.file();
        auto opened = std::make_unique<OpenDatabase>(std::move(connection), stream_.id());
        const auto stored = opened->writer->stored();
        behind_ = sqlite_summaries_behind(opened->database);
        open_ = std::move(opened);
        summaries_damaged_ = false;
        plan_summary();
        handler_.on_ready(stored);
    }

    void commit() {
        if (!file_.empty() && open_->id != id_of(file_))
            throw Error("database '" + file_ + "' was deleted or replaced");
        notify_watchdog();
        const auto begin = Clock::now();
        open_->writer->write(*batch_);
        batch_limit_.took(Clock::now() - begin);
        damage_.forget();
        stored_since_summary_ = true;
        behind_ += static_cast<std::int64_t>(batch_->events.size());
        batch_ = nullptr;
        handler_.on_stored(); // gives us the next one, if there is one
        plan_summary();
    }

    void wait_for_lock() {
        lock_timer_.start(look_at_lock_again);
        handler_.on_blocked("the database '" + config_.filename + "' is locked by another program");
    }

    /// `damaged`: the file is no good database.
    void fail(bool damaged = false) {
        std::exception_ptr why = std::current_exception();
        if (open_ && damaged)
            open_->set_checkpoint_when_closed(false); // let it be as it is
        close();
        try {
            if (damaged && is_ours() && damage_.found(file_, Clock::now()))
                make_room_for_a_new_one(describe(why));
        } catch (const std::exception &) {
            why = std::current_exception();
        }
        handler_.on_failed(DriverHandler::Failure::offline, why);
    }

    /// Whether we have stored in it: a file that was named by mistake is nobody's to rename.
    bool is_ours() const { return stream_.hint().target() == target_ || was_sqlite_database_of_ours(file_); }

    void make_room_for_a_new_one(const std::string &why) {
        const std::string aside = set_sqlite_database_aside(file_);
        log(Level::error,
            "database '" + file_ + "' is damaged (" + why + "): it is '" + aside + "' now, and a new one begins",
            {{field::message_id, message::database_corrupt}, {field::target, target_}});
        damage_.forget();
    }

    void close() {
        working_.cancel();
        lock_timer_.stop();
        summary_timer_.stop();
        open_.reset();
        batch_ = nullptr;
    }

    /// Many at once as soon as nothing else waits, and what comes behind them, or when memory runs out; a few together
    /// with what follows.
    void plan_summary() {
        if (!open_ || behind_ <= 0 || summaries_damaged_)
            return;
        const bool many = !batch_ && (flood_ || behind_ >= soon);
        if (!summary_failed_ && (many || open_->summaries->wants_advance()))
            summary_timer_.start(0s);
        else if (!summary_timer_.running() || (waits_for_more_ && behind_ >= summary_step))
            start_summary_timer();
    }

    void start_summary_timer() {
        waits_for_more_ = behind_ < summary_step;
        summary_timer_.start(waits_for_more_ ? Clock::duration(summarise_after) : summary_rest_);
    }

    /// What trails behind costs a question a little; a flood of events must not wait for it.
    void summarise() {
        try {
            const auto begin = Clock::now();
            const std::int64_t before = behind_;
            behind_ = open_->summaries->advance(summary_step);
            flood_ = before - behind_ >= soon;
            summary_rest_ =
                (Clock::now() - begin) * (std::exchange(stored_since_summary_, false) ? rest_after_summary : 0);
            summary_trouble_.clear();
            summary_failed_ = false;
            plan_summary();
        } catch (const sqlite::SqliteError &error) {
            if (const std::string why = describe(error); !error.busy() && why != summary_trouble_) {
                log(Level::warning, "summaries trail behind: " + why);
                summary_trouble_ = why;
            }
            // What is derived can be made anew; events are stored all the same.
            summary_failed_ = true;
            waits_for_more_ = false;
            if (!error.damaged())
                summary_timer_.start(summarise_after);
            else
                summaries_damaged_ = true;
        }
    }

    DriverHandler &handler_;
    const Stream &stream_;
    SqliteConfig config_;
    std::string target_;
    std::string file_; ///< of the connection that was opened last
    std::unique_ptr<OpenDatabase> open_;
    const Batch *batch_ = nullptr;
    BatchLimit batch_limit_;
    LastingDamage damage_;
    bool summaries_damaged_ = false; ///< of this connection
    bool summary_failed_ = false;    ///< the last time
    std::string summary_trouble_;    ///< that was told
    bool waits_for_more_ = false;    ///< the timer that runs
    bool flood_ = false;             ///< many were in the last step
    bool stored_since_summary_ = false;
    Clock::duration summary_rest_{};
    std::int64_t behind_ = 0; ///< events that the summaries lack
    Deferred working_;
    Timer lock_timer_;
    Timer summary_timer_;
};

} // namespace

std::unique_ptr<Driver> make_sqlite_driver(const DriverContext &context, const SqliteConfig &config) {
    return std::make_unique<SqliteDriver>(context, config);
}

} // namespace iptracking
