// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/daemon.h"

#include "base/directories.h"
#include "base/error.h"
#include "base/log.h"
#include "base/log_fields.h"
#include "intake/fifo.h"

#include <chrono>
#include <csignal>

namespace iptracking {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_flush = 10s; // of TimeoutStopSec=20s
constexpr auto longest_settling = 5s;
constexpr auto status_at_most_every = 200ms;
constexpr auto counters_at_most_every = 1h; // in the journal

} // namespace

Daemon::Daemon(const Options &options, std::vector<PassedFd> passed)
    : options_(options), state_directory_(state_directory()),
      config_(passed.empty() ? std::optional{read_config(options.config, state_directory_).config} : std::nullopt),
      lock_(state_directory_), fifo_(take_fifo(std::move(passed))), pool_(state_directory_, std::nullopt),
      prometheus_(runtime_directory()), source_(loop_, std::move(fifo_), pool_.segments,
                                                {.on_taken = [this] { taken(); }, .on_changed = [this] { changed(); }}),
      applying_(loop_, [this] { apply(std::move(*next_config_)); }), status_timer_(loop_, [this] { tell_status(); }),
      counters_timer_(loop_, [this] { log_counters("counted", message::counters); }) {
    loop_.watch();
    if (config_)
        apply(std::move(*config_));
    else
        configure_if_possible();
}

/// The pipe first, and READY at once: whoever waits for us, sshd at boot, must not wait for a database.  From then
/// on systemd may send signals; they are answered when the loop runs.
UniqueFd Daemon::take_fifo(std::vector<PassedFd> passed) {
    loop_.on_signal(SIGTERM, [this] { stop(); });
    loop_.on_signal(SIGINT, [this] { stop(); });
    loop_.on_signal(SIGHUP, [this] { reload(); });
    if (passed.size() > 1)
        throw Error("systemd passed " + std::to_string(passed.size()) + " descriptors; one named pipe is expected");
    UniqueFd fifo;
    if (passed.empty())
        fifo = open_fifo(config_->fifo_file, options_.make_fifo);
    else
        fifo = adopt_fifo(std::move(passed.front().fd));
    notify_ready();
    return fifo;
}

void Daemon::run() {
    log(Level::info, "started", {{field::message_id, message::started}, {field::stream, pool_.stream.id()}});
    loop_.run();
    log_counters("stopped", message::stopped);
}

void Daemon::configure_if_possible() {
    try {
        apply(read_config(options_.config, state_directory_).config);
    } catch (const std::exception &error) {
        config_trouble_ = describe(error);
        log(Level::error, config_trouble_ + " (events are kept; mend it, then: systemctl reload iptracking)",
            {{field::message_id, message::bad_configuration}, {field::config_file, options_.config.file}});
        changed();
    }
}

void Daemon::apply(Config config) {
    pool_.segments.set_max_bytes(config.pool.max_bytes);
    // The new one begins from the loop, when the old one is gone.
    recorder_ = std::make_unique<Recorder>(
        loop_, config, state_directory_, pool_, counts_,
        Recorder::Callbacks{.on_released = [this] { source_.resume(); }, .on_changed = [this] { changed(); }});
    source_.configure(config.pool.sync, config.pool.push_wait.min);
    config_ = std::move(config);
    config_trouble_.clear();
    changed();
    notify_ready();
}

void Daemon::reload() {
    if (stopping_)
        return;
    notify_reloading();
    try {
        next_config_ = read_config(options_.config, state_directory_).config;
        log(Level::info, "configuration was read again",
            {{field::message_id, message::reloaded}, {field::config_file, options_.config.file}});
    } catch (const std::exception &error) {
        config_trouble_ = describe(error);
        log(Level::error, config_trouble_ + (config_ ? " (the old configuration stays)" : " (events are kept)"),
            {{field::message_id, message::bad_configuration}, {field::config_file, options_.config.file}});
        notify_ready();
        tell_status();
        return;
    }
    if (recorder_)
        recorder_->finish_then(
            Recorder::Ending::settle, [this] { applying_.schedule(); }, longest_settling);
    else
        applying_.schedule();
}

void Daemon::stop() {
    if (stopping_)
        return;
    stopping_ = true;
    notify_stopping();
    applying_.cancel();
    source_.drain();
    if (recorder_)
        recorder_->finish_then(
            Recorder::Ending::flush, [this] { loop_.exit(); }, longest_flush);
    else
        loop_.exit();
}

void Daemon::taken() {
    if (recorder_)
        recorder_->more();
    changed();
}

void Daemon::changed() {
    if (!status_timer_.running())
        status_timer_.start(status_at_most_every);
    if (!counters_timer_.running())
        counters_timer_.start(counters_at_most_every);
    if (const std::string &full = source_.full(); !full.empty() && full != told_full_) {
        told_full_ = full;
        log(Level::warning, "taking no events: " + full + "; they wait in the pipe",
            {{field::message_id, message::pool_full}, {field::waiting_bytes, std::to_string(pool_.backlog.bytes())}});
    }
}

void Daemon::tell_status() {
    if (source_.full().empty())
        told_full_.clear();
    const Counters now = counters();
    notify_status(status(now));
    prometheus_.write(now, {.driver = config_ ? driver_name(config_->driver) : "none",
                            .storing = recorder_ && recorder_->state().ready && recorder_->state().trouble.empty(),
                            .taking = source_.full().empty(),
                            .newest_usec = counts_.newest_usec});
}

void Daemon::log_counters(const char *what, const char *message_id) const {
    const Counters now = counters();
    log(Level::info, what + (": " + in_words(now)),
        {{field::message_id, message_id},
         {field::accepted, std::to_string(now.accepted)},
         {field::stored, std::to_string(now.stored)},
         {field::waiting, std::to_string(now.waiting)},
         {field::waiting_bytes, std::to_string(now.waiting_bytes)},
         {field::refused, std::to_string(now.refused)},
         {field::lost, std::to_string(now.lost)},
         {field::damaged, std::to_string(now.damaged)},
         {field::skipped, std::to_string(now.skipped)}});
}

Counters Daemon::counters() const {
    Counters counters{.accepted = pool_.segments.lines_taken(),
                      .stored = counts_.stored,
                      .waiting = pool_.backlog.lines(),
                      .waiting_bytes = pool_.backlog.bytes(),
                      .damaged = pool_.damage.count(),
                      .skipped = counts_.skipped};
    read_refused(counters, config_ ? config_->fifo_file : IPTRACKING_FIFO_FILE);
    return counters;
}

std::string Daemon::status(const Counters &counters) const {
    std::string text;
    if (!config_trouble_.empty())
        text = (config_ ? "Old configuration, the new one is bad: " : "Keeping events, bad configuration: ") +
               config_trouble_ + (recorder_ ? ". " : "");
    if (recorder_) {
        const RecorderState &state = recorder_->state();
        if (!state.trouble.empty())
            text += "Keeping events: " + state.trouble;
        else
            text += (state.ready ? "Storing events in " : "Opening ") + recorder_->target();
    }
    text += ": " + in_words(counters);
    if (!source_.full().empty())
        text += ". Taking no events: " + source_.full();
    return text + ".";
}

} // namespace iptracking
