// SPDX-License-Identifier: GPL-2.0-or-later
#include "driver/recording.h"

#include "base/error.h"
#include "base/file.h"
#include "intake/fifo.h"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>

namespace iptracking::test {

TemporaryFolder::TemporaryFolder() {
    char name[] = "/tmp/iptracking-test-XXXXXX";
    if (!::mkdtemp(name))
        throw_errno(errno, "cannot make a temporary folder");
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::sub(const std::string &name) const {
    const std::string path = path_ + "/" + name;
    std::filesystem::create_directories(path);
    return path;
}

Recording::Recording(const std::string &state_directory, const Config &config)
    : pool_(state_directory, config.pool.max_bytes),
      recorder_(loop_, config, state_directory, pool_, counts_,
                {.on_released = [this] { source_.resume(); }, .on_changed = [] {}}),
      writer_(open_fifo(state_directory + "/fifo", true)),
      source_(loop_, open_fifo(state_directory + "/fifo", true), pool_.segments,
              {.on_taken = [this] { recorder_.more(); }, .on_changed = [] {}}) {
    source_.configure(config.pool.sync, config.pool.push_wait.min);
}

void Recording::send(const std::string &lines) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (std::string_view rest = lines; !rest.empty();) {
        if (std::chrono::steady_clock::now() > end)
            throw Error("nobody takes what is in the FIFO");
        const ssize_t written = ::write(writer_.get(), rest.data(), std::min<std::size_t>(rest.size(), 4096));
        if (written > 0)
            rest.remove_prefix(static_cast<std::size_t>(written));
        else if (errno == EAGAIN)
            sd_event_run(loop_.get(), 0); // the other end makes room
        else
            throw_errno(errno, "cannot write to the FIFO");
    }
}

bool Recording::run_until(const std::function<bool()> &fact, std::chrono::seconds at_most) {
    const auto end = std::chrono::steady_clock::now() + at_most;
    while (!fact()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        check(sd_event_run(loop_.get(), 20'000), "the loop failed");
    }
    return true;
}

void Recording::stop() {
    source_.drain();
    bool done = false;
    recorder_.finish_then(
        Recorder::Ending::flush, [&] { done = true; }, std::chrono::seconds(10));
    if (!run_until([&] { return done; }))
        throw Error("the recorder never finished");
}

} // namespace iptracking::test
