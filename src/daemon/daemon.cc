// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/daemon.h"

#include "base/error.h"
#include "base/log.h"
#include "base/log_fields.h"
#include "config/yaml_node.h"
#include "intake/fifo.h"

#include <chrono>
#include <csignal>
#include <sys/stat.h>

namespace iptracking {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_flush = 10s; // of TimeoutStopSec=20s
constexpr auto longest_settling = 5s;
constexpr auto status_at_most_every = 200ms;

/// The counts that the callbacks keep beside the pipe: one byte each.
std::uint64_t count_beside(const std::string &fifo, const char *suffix) {
    struct stat status {};
    return ::stat((fifo + suffix).c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

} // namespace

ReadConfig read_configuration(const Options &options, const std::string &state_directory) {
    struct stat status {};
    const bool there = ::stat(options.config_file.c_str(), &status) == 0 || errno != ENOENT;
    ReadConfig read{default_config(state_directory), there || options.config_given};
    if (read.from_file)
        read.config = load_config(options.config_file, state_directory);
    if (!driver_built_in(read.config.driver))
        throw ConfigError(options.config_file, {},
                          std::string("the driver '") + driver_name(read.config.driver) +
                              "' is not in this build; these are: " + drivers_built_in());
    if (auto *postgres = std::get_if<PostgresConfig>(&read.config.driver); postgres && options.schema)
        postgres->schema = *options.schema;
    return read;
}

Daemon::Daemon(const Options &options, std::vector<PassedFd> passed)
    : options_(options), state_directory_(state_directory()),
      config_(passed.empty() ? std::optional{read_configuration(options, state_directory_).config} : std::nullopt),
      lock_(state_directory_), fifo_(take_fifo(std::move(passed))), segments_(state_directory_ + "/pool", std::nullopt),
      stream_(segments_.folder(), segments_.end_at_open()), damage_(state_directory_),
      source_(loop_, std::move(fifo_), segments_,
              {.on_taken = [this] { taken(); }, .on_changed = [this] { changed(); }}),
      applying_(loop_, [this] { apply(std::move(*next_config_)); }), status_timer_(loop_, [this] { tell_status(); }) {
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
    log(Level::info, "started", {{field::message_id, message::started}, {field::stream, stream_.id()}});
    loop_.run();
    log(Level::info, "stopped", {{field::message_id, message::stopped}});
}

void Daemon::configure_if_possible() {
    try {
        apply(read_configuration(options_, state_directory_).config);
    } catch (const std::exception &error) {
        config_trouble_ = describe(error);
        log(Level::error, config_trouble_ + " (events are kept; mend it, then: systemctl reload iptracking)",
            {{field::message_id, message::bad_configuration}, {field::config_file, options_.config_file}});
        changed();
    }
}

void Daemon::apply(Config config) {
    segments_.set_max_bytes(config.pool.max_bytes);
    // The new one begins from the loop, when the old one is gone.
    recorder_ = std::make_unique<Recorder>(
        loop_, config, state_directory_, segments_, stream_, damage_,
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
        next_config_ = read_configuration(options_, state_directory_).config;
        log(Level::info, "configuration was read again",
            {{field::message_id, message::reloaded}, {field::config_file, options_.config_file}});
    } catch (const std::exception &error) {
        config_trouble_ = describe(error);
        log(Level::error, config_trouble_ + (config_ ? " (the old configuration stays)" : " (events are kept)"),
            {{field::message_id, message::bad_configuration}, {field::config_file, options_.config_file}});
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
    if (const std::string &full = source_.full(); !full.empty() && full != told_full_) {
        told_full_ = full;
        log(Level::warning, "taking no events: " + full + "; they wait in the pipe",
            {{field::message_id, message::pool_full}, {field::waiting_bytes, std::to_string(waiting_bytes())}});
    }
}

void Daemon::tell_status() {
    if (source_.full().empty())
        told_full_.clear();
    notify_status(status());
}

std::uint64_t Daemon::waiting_bytes() const {
    if (recorder_)
        return recorder_->waiting_bytes();
    return segments_.size_after(stream_.hint().place().value_or(segments_.begin()));
}

std::string Daemon::status() const {
    std::string text;
    if (!config_trouble_.empty())
        text = config_ ? "Old configuration, the new one is bad: " : "Keeping events, bad configuration: ";
    text += config_trouble_;
    if (recorder_) {
        const RecorderState &state = recorder_->state();
        if (!text.empty())
            text += ". ";
        text += state.trouble.empty() ? "Storing events in " + recorder_->target() : "Keeping events: " + state.trouble;
        text += ": " + std::to_string(state.stored) + " stored";
        if (state.rejected != 0)
            text += ", " + std::to_string(state.rejected) + " rejected";
    }
    text += ", " + std::to_string(waiting_bytes()) + " bytes waiting";
    if (damage_.count() != 0)
        text += ", " + std::to_string(damage_.count()) + " damaged lines";
    const std::string &fifo = config_ ? config_->fifo_file : IPTRACKING_FIFO_FILE;
    for (const char *kind : {"refused", "lost"})
        if (const auto count = count_beside(fifo, (std::string(".") + kind).c_str()); count != 0)
            text += ", " + std::to_string(count) + " " + kind;
    if (!source_.full().empty())
        text += ". Taking no events: " + source_.full();
    return text + ".";
}

} // namespace iptracking
