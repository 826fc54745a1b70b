// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "intake/fifo_source.h"
#include "loop/event_loop.h"
#include "pool/pool.h"
#include "store/recorder.h"

#include <chrono>
#include <functional>
#include <string>

namespace iptracking::test {

/// A folder that goes with its owner.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;
    const std::string &path() const noexcept { return path_; }
    /// A folder in it, made.
    std::string sub(const std::string &name) const;

private:
    std::string path_;
};

/// The parts of a daemon that record, as the daemon wires them: from a real FIFO to a real database.
class Recording {
public:
    Recording(const std::string &state_directory, const Config &config);

    /// Writes lines to the FIFO, each with its newline.
    void send(const std::string &lines);
    /// Turns the loop until it holds; false: it never did.
    [[nodiscard]] bool run_until(const std::function<bool()> &fact,
                                 std::chrono::seconds at_most = std::chrono::seconds(20));
    /// As at SIGTERM.
    void stop();

    const RecorderState &state() const noexcept { return recorder_.state(); }
    std::uint64_t stored() const noexcept { return counts_.stored; }
    std::uint64_t waiting() const { return pool_.backlog.bytes(); }
    Segments &segments() noexcept { return pool_.segments; }

private:
    EventLoop loop_;
    Pool pool_;
    RecorderCounts counts_;
    Recorder recorder_;
    UniqueFd writer_;
    FifoSource source_;
};

} // namespace iptracking::test
