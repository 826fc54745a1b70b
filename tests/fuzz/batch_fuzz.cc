// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz.h"
#include "pool/batch.h"
#include "pool/segments.h"
#include "pool_folder.h"

#include <algorithm>
#include <csignal>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <vector>

using namespace iptracking;
using fuzz::must;

namespace {

/// Three segments of 4 KiB: lines run over their ends, and it is soon full.
constexpr std::uint64_t pool_size = 12 * 1024;
/// A longer one fills such a pool; that is not what is looked for here.
constexpr std::size_t longest_line = 5000;
/// No more than a pipe holds.
constexpr std::size_t longest_input = 32 * 1024;
/// Each costs some system calls.
constexpr std::size_t most_pieces = 64;

/// How the bytes come.  Unless it is told otherwise all at once, and into one segment.
struct Way {
    std::optional<std::uint64_t> max_bytes;
    std::size_t piece = SIZE_MAX;
    std::size_t records = SIZE_MAX; ///< that are free before each reading
    bool begins_anew = false;       ///< the daemon, after each piece
    bool disk_fails = false;        ///< for a while, within each piece
};

/// No file grows beyond its first so many bytes.
class FailingDisk {
public:
    explicit FailingDisk(rlim_t bytes) {
        ::signal(SIGXFSZ, SIG_IGN); // as the daemon does
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        must(::setrlimit(RLIMIT_FSIZE, &limit) == 0, "a limit can be set");
    }
    ~FailingDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
    FailingDisk(const FailingDisk &) = delete;
    FailingDisk &operator=(const FailingDisk &) = delete;

private:
    rlimit before_{};
};

struct Outcomes {
    std::vector<std::string> events;
    std::string damage;
    std::uint64_t read = 0;
    bool operator==(const Outcomes &) const = default;
};

/// All that an event says but the time, which is that of now where the line has none.
std::string text_of(const Batch &batch, const Event &event) {
    std::string text =
        std::to_string(static_cast<int>(event.kind)) + " " + std::to_string(static_cast<int>(event.outcome)) + " " +
        event.source.to_string() + " " + std::to_string(event.source_port) + " " + event.destination.to_string() + " " +
        std::to_string(event.destination_port) + " " + std::to_string(event.pid) + " " + std::to_string(event.flags);
    for (std::size_t i = 0; i < static_cast<std::size_t>(Text::count_); ++i) {
        const std::string_view value = batch.text(event, static_cast<Text>(i));
        text.append(value.data() ? " =" : " -").append(value);
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(Counter::count_); ++i)
        text.append(" ").append(batch.counter(event, static_cast<Counter>(i)));
    return text;
}

/// How much of what is in the pipe was taken.
std::size_t take_from(Segments &segments, int pipe, std::size_t in_pipe, bool disk_fails) {
    const Place end = segments.end();
    Segments::Taken last = Segments::Taken::some;
    const auto take_all = [&] {
        last = Segments::Taken::some;
        while (segments.size_after(end) < in_pipe && last == Segments::Taken::some)
            last = segments.take_from(pipe);
    };
    if (disk_fails) {
        const FailingDisk disk(1000);
        take_all();
        must(last != Segments::Taken::failed || !segments.failure().empty(), "it is told why nothing is taken");
    }
    take_all();
    const std::size_t taken = segments.size_after(end);
    must(taken == in_pipe || last == Segments::Taken::limit, "all is taken that has room");
    must(taken > 0, "there is room when what can be read is read");
    return taken;
}

/// Takes the bytes piece by piece, and reads what can be read after each.
Outcomes take(std::string_view bytes, const Way &way) {
    static fuzz::StateFolder folder;
    static const fuzz::Pipe pipe;
    folder.empty();
    std::optional<Segments> segments(std::in_place, folder.pool_path(), way.max_bytes);
    Outcomes outcomes;
    Batch batch{.bytes = {}, .events = {}, .from = {1, 0}, .to = {1, 0}};
    const auto on_damage = [&](std::string_view text, const char *, std::size_t) {
        outcomes.damage.append(text).append("\n");
    };
    do {
        const std::string_view piece = bytes.substr(0, way.piece);
        bytes.remove_prefix(piece.size());
        must(::write(pipe.write_end.get(), piece.data(), piece.size()) == static_cast<ssize_t>(piece.size()),
             "an empty pipe has room");
        for (std::size_t in_pipe = piece.size(); in_pipe > 0;) {
            in_pipe -= take_from(*segments, pipe.read_end.get(), in_pipe, way.disk_fails);
            if (way.begins_anew) {
                const std::uint64_t waiting = segments->size_after(batch.to);
                segments->sync();
                segments.emplace(folder.pool_path(), way.max_bytes);
                must(segments->lines_taken() == 0 && segments->size_after(batch.to) == waiting &&
                         segments->end_at_open() == segments->end(),
                     "the next daemon finds what was taken");
            }
            std::size_t free_records = way.records;
            const auto take_record = [&] { return free_records > 0 && free_records-- > 0; };
            while (fill(batch, *segments, batch.to, SIZE_MAX, take_record, on_damage)) {
                must(batch.from < batch.to, "what was read has a size");
                outcomes.read += segments->size_after(batch.from) - segments->size_after(batch.to);
                for (const Event &event : batch.events)
                    outcomes.events.push_back(text_of(batch, event));
                segments->release_until(batch.to);
                free_records = way.records;
            }
        }
    } while (!bytes.empty());
    must(segments->take_from(pipe.read_end.get()) == Segments::Taken::nothing, "all is taken");
    must(segments->count_lines(batch.to, UINT64_MAX).lines == 0, "no whole line is left");
    must(segments->begin() <= batch.to && segments->size() <= segments->max_bytes(), "what is read is released");
    return outcomes;
}

} // namespace

/// The first two bytes say how the others are cut, whether the daemon begins anew, and whether the disk fails.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 3 || size > longest_input)
        return 0;
    const std::string_view bytes = fuzz::text_of(data + 2, size - 2);
    for (std::size_t begin = 0, end = 0; begin < bytes.size(); begin = end + 1)
        if (end = std::min(bytes.find('\n', begin), bytes.size()); end - begin > longest_line)
            return 0;
    const Outcomes at_once = take(bytes, {});
    const std::size_t piece = std::max<std::size_t>(data[0] * data[0] / 4u + 1u, size / most_pieces);
    const Outcomes piecewise =
        take(bytes, {pool_size, piece, data[1] % 4u + 1u, (data[1] & 4) != 0, (data[1] & 8) != 0});
    must(at_once.events == piecewise.events, "the same events, however the bytes come");
    must(at_once.damage == piecewise.damage, "the same damage, however the bytes come");
    must(at_once.read == piecewise.read, "the same number of bytes, however they come");
    must(at_once.read == bytes.rfind('\n') + 1, "whole lines are read, and nothing else");
    return 0;
}
