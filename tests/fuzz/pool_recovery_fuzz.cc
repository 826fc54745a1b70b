// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"
#include "base/file.h"
#include "fuzz.h"
#include "pool/batch.h"
#include "pool/pool.h"
#include "pool/sent_batches.h"
#include "pool_folder.h"
#include "store/csv_position.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>

using namespace iptracking;
using fuzz::must;
using fuzz::StateFolder;

namespace {

/// The target that the daemon stores to.
constexpr char target[] = "csvfile /logins.csv";
/// Nothing here is about large files; many inputs in a second are.
constexpr std::size_t most_bytes_left = 80 * 1024;
/// Of a file system: less is not made free.
constexpr std::size_t block = 4096;
/// Some segments fit behind it before they would need a digit more.
constexpr std::uint64_t highest_number = 9'999'999'999'990'000;
constexpr std::size_t longest_line_search = 32 * 1024;

/// The input, from its beginning to its end.  Behind that are zeros.
class Script {
public:
    explicit Script(std::string_view bytes) : rest_(bytes) {}

    bool at_end() const noexcept { return rest_.empty(); }
    unsigned byte() { return rest_.empty() ? 0 : static_cast<unsigned char>(raw(1)[0]); }
    std::string_view raw(std::size_t size) {
        const std::string_view bytes = rest_.substr(0, size);
        rest_.remove_prefix(bytes.size());
        return bytes;
    }
    /// The content of a file: so many bytes, which may be repeated, and zeros behind them.
    std::string content() {
        const unsigned size = byte(), more = byte();
        const std::string_view piece = raw(size);
        std::string text;
        for (unsigned times = 1u << (more & 7); times > 0 && text.size() + piece.size() <= room_; --times)
            text += piece;
        static constexpr std::size_t zeros[] = {0, 0, 0, 0, 0, 1, 511, 40000};
        text.append(std::min(zeros[more >> 3 & 7], room_ - text.size()), '\0');
        room_ -= text.size();
        return text;
    }
    /// From 1 on.  Most are a little higher than `before`.
    std::uint64_t number(std::uint64_t before) {
        static constexpr std::uint64_t special[] = {1, 2, 4096, 8192, 32767, 32768, 1'000'000, highest_number};
        const unsigned what = byte();
        return what < 192 ? std::max<std::uint64_t>(std::min(before, highest_number) + what % 16, 1)
                          : special[what % std::size(special)];
    }

private:
    std::string_view rest_;
    std::size_t room_ = most_bytes_left;
};

std::string name_of(std::uint64_t number) {
    const std::string digits = std::to_string(number);
    return std::string(digits.size() < 16 ? 16 - digits.size() : 0, '0') + digits + ".lines";
}

void put_file(int folder, const std::string &name, std::string_view content) {
    write_all_at(open_file_at(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600).get(), content, 0, name);
}

/// A record of csvfile.position, written once more without the code that is looked at.
struct Record {
    std::uint64_t sequence = 0, owner = 0;
    CsvPosition position;
    std::uint64_t checksum = 0;

    bool is_right() const { return checksum == XXH3_64bits(this, offsetof(Record, checksum)); }
};
static_assert(sizeof(Record) == 72);

/// What an earlier daemon, a power cut, a backup or an administrator left.
struct Left {
    std::map<std::uint64_t, std::string> segments;
    std::optional<std::string> stream; ///< the id, if it is of this machine
    std::optional<Place> hint;         ///< if it is whole for sure
    std::array<std::string, 2> records;
    bool strange_segment = false; ///< something that is no file has the name of one
};

/// What the daemon writes into `stream`, without the id.
const std::string &this_machine() {
    static const std::string machine = [] {
        const test::TempDir folder;
        const UniqueFd handle = open_file(folder.path(), O_RDONLY | O_DIRECTORY);
        const Stream stream(handle.get(), {1, 0});
        return test::read_file(folder / "stream").substr(stream.id().size());
    }();
    return machine;
}

Place place_from(Script &script, const Left &left) {
    const std::uint64_t last = left.segments.empty() ? 1 : left.segments.rbegin()->first;
    const unsigned how = script.byte();
    if (how < 128 && !left.segments.empty()) {
        // About the end of one that is there.
        auto at = left.segments.begin();
        std::advance(at, how % left.segments.size());
        const std::uint64_t offset = at->second.size() + script.byte();
        return {at->first, offset - std::min<std::uint64_t>(offset, script.byte())};
    }
    const std::uint64_t segment = how == 255 ? UINT64_MAX : script.number(how % 2 == 0 ? last : 1);
    return {segment, how == 254 ? UINT64_MAX : script.number(1)};
}

void leave_stream(Script &script, const StateFolder &state, Left &left) {
    static constexpr char id[] = "0123456789abcdef0123456789abcdef";
    left.stream.reset();
    switch (script.byte() % 4) {
    case 0:
        put_file(state.pool(), "stream", id + this_machine());
        left.stream = id;
        break;
    case 1: // of a machine that this one was cloned from
        put_file(state.pool(), "stream", std::string(id) + " 0123456789abcdef0123456789abcdee\n");
        break;
    case 2: // torn
        put_file(state.pool(), "stream", (id + this_machine()).substr(0, script.byte() % 64));
        break;
    default: {
        std::string content = script.content();
        if (content.find(this_machine().substr(1, 32)) != content.npos)
            content.clear(); // that is the first case
        put_file(state.pool(), "stream", content);
        break;
    }
    }
}

void leave_hint(Script &script, const StateFolder &state, Left &left) {
    left.hint.reset();
    const bool whole = script.byte() % 4 != 0;
    if (!whole) {
        put_file(state.pool(), "stored", script.content());
        return;
    }
    left.hint = place_from(script, left);
    StoredHint(state.pool()).set(*left.hint, script.byte() % 2 == 0 ? target : "sqlite3 /var/lib/logins.sqlite3");
}

void leave_csv_position(Script &script, const StateFolder &state, Left &left) {
    const unsigned how = script.byte();
    Record record{script.byte(), 0, {place_from(script, left), script.byte(), 1, 2, 3}, 0};
    const std::string owner = left.stream.value_or("another") + " " + target;
    record.owner = XXH3_64bits(owner.data(), owner.size());
    record.checksum = XXH3_64bits(&record, offsetof(Record, checksum));
    std::string bytes(reinterpret_cast<const char *>(&record), sizeof(record));
    if (how & 2) { // a power cut between its sectors, or another's file
        const std::size_t at = script.byte() % sizeof(record);
        const std::string_view other = script.raw(std::min<std::size_t>(script.byte(), sizeof(record) - at));
        bytes.replace(at, other.size(), other);
    }
    if (how & 4)
        bytes.resize(script.byte() % sizeof(record));
    left.records[how % 2].replace(0, bytes.size(), bytes); // over what is there already
    write_all_at(open_file(state.path() + "/csvfile.position", O_WRONLY | O_CREAT, 0600).get(), bytes, how % 2 * 4096,
                 "csvfile.position");
}

/// A name that no daemon gives; what has it is none of our business, unless it has the name of a segment.
void leave_stranger(Script &script, const StateFolder &state, Left &left) {
    static constexpr const char *names[] = {"0000000000000000.lines",
                                            "1.lines",
                                            "00000000000000001.lines",
                                            "18446744073709551616.lines",
                                            ".lines",
                                            "0000000000000002.lines~",
                                            "-000000000000001.lines",
                                            "000000000000000a.lines",
                                            "stream.new",
                                            "10000000000000000.lines",
                                            "18446744073709551615.lines"};
    const unsigned what = script.byte();
    if (what == 127) {
        const UniqueFd damaged = open_file(state.path() + "/damaged", O_WRONLY | O_CREAT, 0600);
        must(::ftruncate(damaged.get(), 1024 * 1024 - script.byte()) == 0, "a file can be made longer");
        return;
    }
    if (what < 128) {
        static_cast<void>(::unlinkat(state.pool(), names[what % std::size(names)], AT_REMOVEDIR));
        static_cast<void>(::unlinkat(state.pool(), names[what % std::size(names)], 0));
        put_file(state.pool(), names[what % std::size(names)], script.content());
        return;
    }
    const std::uint64_t number = script.number(1);
    const std::string name = what % 2 == 0 ? name_of(number) : names[what / 2 % 4];
    if (left.segments.contains(number))
        return;
    const int made = what % 3 == 0   ? ::mkdirat(state.pool(), name.c_str(), 0700)
                     : what % 3 == 1 ? ::symlinkat("../damaged", state.pool(), name.c_str())
                                     : ::mkfifoat(state.pool(), name.c_str(), 0600);
    if (made == 0)
        left.strange_segment |= what % 2 == 0;
}

/// Everything up to the end of the input, or to where it goes on with what happens then.
Left leave(Script &script, const StateFolder &state) {
    Left left;
    std::uint64_t number = 1;
    for (bool more = true; more && !script.at_end();) {
        switch (script.byte() % 8) {
        case 0:
        case 1:
        case 2:
            number = script.number(number);
            left.segments[number] = script.content();
            break;
        case 3:
            leave_stranger(script, state, left);
            break;
        case 4:
            leave_stream(script, state, left);
            break;
        case 5:
            leave_hint(script, state, left);
            break;
        case 6:
            leave_csv_position(script, state, left);
            break;
        default:
            more = false;
            break;
        }
    }
    for (const auto &[segment, content] : left.segments)
        if (!left.strange_segment)
            put_file(state.pool(), name_of(segment), content);
    return left;
}

/// What is in the folder, read without the code that is looked at.
std::map<std::uint64_t, std::string> segments_on_disk(const StateFolder &state) {
    std::map<std::uint64_t, std::string> found;
    for (const std::string &name : state.names_in_pool()) {
        const std::uint64_t number = std::strtoull(name.c_str(), nullptr, 10);
        if (number == 0 || name != name_of(number) || name.size() != name_of(1).size())
            continue;
        const UniqueFd file = open_file_at(state.pool(), name, O_RDONLY | O_NOFOLLOW);
        std::string &content = found[number];
        content.resize(static_cast<std::size_t>(status_of(file.get(), name).st_size));
        must(read_all_at(file.get(), content, 0, name) == content.size(), "a segment can be read");
    }
    return found;
}

/// The pool as it should be, beside the pool as it is.
class Model {
public:
    /// As a daemon finds it.
    Model(const StateFolder &state, const Segments &segments, const Left &left)
        : state_(state), segments_(segments), content_(segments_on_disk(state)), hole_(segments.begin().offset) {
        must(!content_.empty(), "there is a segment");
        highest_ = content_.rbegin()->first;
        for (const auto &[number, content] : left.segments)
            must(content_.contains(number) && content_.at(number) == content, "what was left stays");
        must(content_.size() == left.segments.size() ||
                 (content_.size() == left.segments.size() + 1 && content_.rbegin()->second.empty() &&
                  (left.segments.empty() || highest_ > left.segments.rbegin()->first)),
             "a segment that is begun comes behind the others");
        const std::string &first = content_.begin()->second;
        must(hole_ <= first.size() && first.find_first_not_of('\0') >= hole_, "nothing stands in a hole");
    }

    Place begin() const { return {content_.begin()->first, hole_}; }
    Place end() const { return {content_.rbegin()->first, content_.rbegin()->second.size()}; }
    std::size_t files() const noexcept { return content_.size(); }
    Place stored() const noexcept { return stored_; }

    std::string bytes_after(Place from) const {
        std::string bytes;
        for (auto at = content_.lower_bound(from.segment); at != content_.end(); ++at)
            bytes.append(at->second,
                         std::min<std::size_t>(at->first == from.segment ? from.offset : 0, at->second.size()));
        return bytes;
    }

    std::size_t size_after(Place from) const {
        std::size_t size = 0;
        for (auto at = content_.lower_bound(from.segment); at != content_.end(); ++at)
            size += at->second.size() -
                    std::min<std::size_t>(at->first == from.segment ? from.offset : 0, at->second.size());
        return size;
    }

    /// How far behind a place a segment is missing, in bytes.
    std::vector<std::size_t> gaps_after(Place from) const {
        std::vector<std::size_t> gaps;
        const auto first = content_.lower_bound(from.segment);
        for (auto at = first; at != content_.end(); ++at)
            if (at != first && at->first != std::prev(at)->first + 1)
                gaps.push_back(size_after(from) - size_after({at->first, 0}));
        return gaps;
    }

    /// Nothing but what the daemon did has changed.
    void compare() const {
        must(segments_on_disk(state_) == content_, "the files are as they should be");
        must(segments_.begin() == begin() && segments_.end() == end(), "the pool knows where it begins and ends");
        std::uint64_t size = 0;
        for (const auto &[number, content] : content_)
            size += content.size();
        must(segments_.size() == size - hole_, "the pool knows its size");
        compare_after(begin());
    }

    /// size_after(), advance() and read() say the same of a place, wherever it is.
    void compare_after(Place from) const {
        const std::string bytes = bytes_after(from);
        must(segments_.size_after(from) == bytes.size(), "the size after a place is that of its bytes");
        for (std::size_t far : {std::size_t{0}, bytes.size() / 3, bytes.size() / 2 + 1, bytes.size()}) {
            far = std::min(far, bytes.size());
            const Place there = segments_.advance(from, far);
            must(there >= std::min(from, end()), "advancing does not go back");
            must(size_after(there) == bytes.size() - far, "advancing goes so far");
            must(far == bytes.size() || there.offset < content_.at(there.segment).size(),
                 "advancing leads to where the next byte is");
        }
        // One read may end where a segment is missing.
        std::string read(bytes.size() + 3, '?');
        std::size_t done = 0;
        for (Place at = from; const std::size_t got = segments_.read(at, std::span(read).subspan(done)); done += got)
            at = segments_.advance(at, got);
        must(done == bytes.size(), "all that follows a place is read");
        must(read == bytes + "???", "the bytes after a place are those of the files");
    }

    void took(std::string_view bytes) {
        see_hole();
        auto on_disk = segments_on_disk(state_);
        for (const auto &[number, content] : content_)
            must(on_disk.contains(number) && on_disk.at(number).starts_with(content), "what was taken stays");
        for (const auto &[number, content] : on_disk) {
            const auto known = content_.find(number);
            must(known != content_.end() || number > highest_, "no number is used twice");
            const std::size_t before = known != content_.end() ? known->second.size() : 0;
            must(bytes.starts_with(std::string_view(content).substr(before)), "what is taken comes behind it");
            bytes.remove_prefix(content.size() - before);
            highest_ = std::max(highest_, number);
        }
        must(bytes.empty(), "all is taken");
        content_ = std::move(on_disk);
    }

    void released_until(Place stored) {
        stored_ = stored;
        if (segments_.begin() == begin() && segments_.end() == end()) {
            // compare() looks at the disk at last.
            must(files() == 1 || Place{content_.begin()->first, content_.begin()->second.size()} > stored,
                 "what is stored is released");
            return;
        }
        const std::size_t waiting = size_after(stored);
        auto on_disk = segments_on_disk(state_);
        for (const auto &[number, content] : content_) {
            const bool stays = on_disk.contains(number);
            must(stays || Place{number, content.size()} <= stored, "only what is stored is released");
            must(!stays || on_disk.at(number) == content, "what stays is as it was");
        }
        for (const auto &[number, content] : on_disk) {
            must(content_.contains(number) || (number > highest_ && content.empty()), "no number is used twice");
            must(number == on_disk.rbegin()->first || Place{number, content.size()} > stored,
                 "all that is stored is released, but for the last");
        }
        highest_ = std::max(highest_, on_disk.rbegin()->first);
        content_ = std::move(on_disk);
        hole_ = segments_.begin().offset;
        must(size_after(stored) == waiting, "what is not stored stays");
    }

private:
    /// Where room is needed, what is stored makes it: the first file begins with a hole.
    void see_hole() {
        const Place now = segments_.begin();
        must(now >= begin() && now.segment == begin().segment && now <= std::max(begin(), stored_),
             "only what is stored makes room");
        hole_ = now.offset;
        std::fill_n(content_.begin()->second.begin(), hole_, '\0');
    }

    const StateFolder &state_;
    const Segments &segments_;
    std::map<std::uint64_t, std::string> content_;
    std::uint64_t hole_ = 0; ///< at the beginning of the first
    std::uint64_t highest_ = 0;
    Place stored_;
};

/// One daemon, from its start on.
class Daemon {
public:
    Daemon(const StateFolder &state, std::optional<std::uint64_t> max_bytes)
        : state_(state), hint_at_start_(StoredHint(state.pool()).place()), pool_(state.path(), max_bytes) {
        csv_.emplace(state.path(), pool_.stream.id(), target);
    }

    Segments &segments() noexcept { return pool_.segments; }
    Stream &stream() noexcept { return pool_.stream; }
    std::optional<Place> hint_at_start() const noexcept { return hint_at_start_; }
    std::optional<CsvPosition> csv_position() const { return csv_->position(); }
    Place at() const noexcept { return at_; }

    /// As Recorder::on_ready().
    void begin() {
        std::optional<Place> stored;
        if (csv_->position())
            stored = csv_->position()->place;
        if (stored && *stored > pool_.stream.highest()) {
            const std::string before = pool_.stream.id();
            pool_.stream.begin_anew();
            must(pool_.stream.id() != before, "a stream that begins anew has another id");
            must(pool_.stream.hint().place() == pool_.segments.end_at_open(), "what was there when it began is stored");
            csv_.emplace(state_.path(), pool_.stream.id(), target);
            must(!csv_->position(), "the target does not know the new stream");
            stored = std::nullopt;
        }
        at_ = std::clamp(stored ? *stored : pool_.stream.hint().place().value_or(pool_.segments.begin()),
                         pool_.segments.begin(), pool_.segments.end());
        pool_.backlog.begin_at(at_);
    }

    /// Stores all that can be read, in pieces of more and more events.
    void store(Model &model, std::size_t records, bool release_each) {
        const std::string expected = model.bytes_after(at_);
        const std::vector<std::size_t> gaps = model.gaps_after(at_);
        std::string_view rest = expected;
        compare_backlog(rest);
        Batch batch;
        std::size_t free_records = records;
        const auto take_record = [&] { return free_records > 0 && free_records-- > 0; };
        const auto on_damage = [&](std::string_view text, const char *reason, std::size_t) {
            must(reason != nullptr && !text.empty(), "damage has a text and a reason");
            must(text.data() >= batch.bytes.data() &&
                     text.data() + text.size() <= batch.bytes.data() + batch.bytes.size(),
                 "damage lies within its batch");
            const Place place = pool_.segments.advance(at_, static_cast<std::size_t>(text.data() - batch.bytes.data()));
            const std::uint64_t before = pool_.damage.count();
            must(pool_.damage.add(place, text), "damage is new where nothing is read twice");
            must(!pool_.damage.add(place, text) && pool_.damage.count() == before + 1, "damage is counted once");
        };
        while (fill(batch, pool_.segments, at_, records, take_record, on_damage)) {
            must(batch.from == at_ && batch.to > at_, "a batch is behind the one before");
            must(batch.events.size() <= records, "a batch holds no more than it may");
            const std::uint64_t size = pool_.segments.size_after(batch.from) - pool_.segments.size_after(batch.to);
            must(size > 0 && size <= batch.bytes.size() && size <= rest.size(), "a batch has a size");
            must(rest.starts_with(std::string_view(batch.bytes.data(), size)), "a batch is what was taken");
            for (const Event &event : batch.events) {
                must(event.line < size && event.time_usec >= 0, "an event lies within its batch, and has a time");
                const std::size_t begin = expected.size() - rest.size() + event.line;
                const std::size_t end = expected.find('\n', begin);
                must(std::none_of(gaps.begin(), gaps.end(), [&](std::size_t gap) { return begin < gap && gap <= end; }),
                     "no event is made of what stood before and behind a segment that is missing");
            }
            rest.remove_prefix(size);
            at_ = batch.to;
            pool_.stream.raise_highest(at_);
            pool_.backlog.advance(at_, batch.lines);
            records = records > SIZE_MAX / 2 ? SIZE_MAX : records * 2;
            free_records = records;
            if (release_each)
                release(model);
        }
        must(rest.find('\n') == rest.npos, "no whole line is left");
        must(rest.size() < longest_line_search, "what can never be a line is not waited for");
        compare_backlog(rest);
        release(model);
    }

    void release(Model &model) {
        pool_.stream.hint().set(at_, target);
        pool_.segments.release_until(at_);
        model.released_until(at_);
    }

    void confirm(std::uint64_t length) {
        const CsvPosition position{at_, length, 1, 2, 3};
        csv_->write(position);
        must(csv_->position()->place == at_, "a position that was written holds");
    }

private:
    void compare_backlog(std::string_view waiting) const {
        must(pool_.backlog.bytes() == waiting.size(), "the bytes that wait are counted");
        must(pool_.backlog.lines() == static_cast<std::uint64_t>(std::count(waiting.begin(), waiting.end(), '\n')),
             "the lines that wait are counted");
    }

    const StateFolder &state_;
    std::optional<Place> hint_at_start_;
    Pool pool_;
    std::optional<CsvPositionFile> csv_;
    Place at_;
};

void check_stream(Daemon &daemon, const Left &left) {
    const Place end = daemon.segments().end_at_open();
    const std::optional<Place> hint = left.hint ? left.hint : daemon.hint_at_start();
    must(daemon.hint_at_start() == hint, "a hint that is whole is read");
    const bool beyond = hint > end;
    must((daemon.stream().id() == left.stream) == (left.stream && !beyond),
         "a stream goes on if it is of this machine, and no more was stored than there is");
    must(daemon.stream().hint().place() == (beyond ? end : hint), "no place beyond the end is stored");
    must(daemon.stream().highest() == end, "no place beyond the end is known");
}

void check_csv_position(const Daemon &daemon, const std::string &stream_id, const Left &left) {
    std::uint64_t newest = 0;
    std::optional<Place> place;
    const std::string owner = stream_id + " " + target;
    for (const std::string &bytes : left.records) {
        Record record;
        // The first one is followed by zeros up to the second.
        std::string whole = bytes;
        if (&bytes == left.records.data() && !left.records[1].empty())
            whole.resize(sizeof(record));
        if (whole.size() < sizeof(record))
            continue;
        std::memcpy(&record, whole.data(), sizeof(record));
        if (!record.is_right() || record.sequence <= newest)
            continue;
        newest = record.sequence;
        place = record.owner == XXH3_64bits(owner.data(), owner.size()) ? std::optional{record.position.place}
                                                                        : std::nullopt;
    }
    const auto position = daemon.csv_position();
    must(position.has_value() == place.has_value() && (!position || position->place == *place),
         "a position is that of the newest record whose checksum is right");
}

/// Through the pipe; what the pool does not take for its limit is taken out.
void take(Daemon &daemon, Model &model, std::string_view bytes) {
    static const fuzz::Pipe pipe;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::string_view piece = bytes.substr(at, 32 * 1024);
        must(::write(pipe.write_end.get(), piece.data(), piece.size()) == static_cast<ssize_t>(piece.size()),
             "an empty pipe has room");
        const Place end = daemon.segments().end();
        while (daemon.segments().take_from(pipe.read_end.get()) == Segments::Taken::some)
            continue;
        const std::uint64_t taken = daemon.segments().size_after(end);
        must(taken <= piece.size(), "no more is taken than there is");
        must(taken == piece.size() || daemon.segments().size() >= daemon.segments().max_bytes(),
             "less only at the limit");
        must(taken == piece.size() ||
                 daemon.segments().size_after(model.stored()) + block >= daemon.segments().max_bytes(),
             "a pool is full only of what is not stored");
        std::string rest(piece.size(), '?');
        if (taken < piece.size())
            must(::read(pipe.read_end.get(), rest.data(), rest.size()) == static_cast<ssize_t>(piece.size() - taken),
                 "what is not taken stays in the pipe");
        model.took(piece.substr(0, taken));
        at += piece.size();
    }
}

/// One daemon takes over what was left, and then a second one what that leaves.
void recover(Script &script, const StateFolder &state, const Left &left, std::optional<std::uint64_t> max_bytes) {
    const std::size_t records = script.byte() % 8 == 0 ? SIZE_MAX : script.byte() % 5 + 1;
    const unsigned ways = script.byte();
    std::string id;
    std::optional<Place> end;
    Left second;
    {
        Daemon daemon(state, max_bytes);
        Model model(state, daemon.segments(), left);
        must(!left.strange_segment, "a pool that holds something else is not opened");
        must(daemon.segments().end_at_open() == model.end(), "the end is that of the last segment");
        model.compare();
        model.compare_after(place_from(script, left));
        check_stream(daemon, left);
        check_csv_position(daemon, daemon.stream().id(), left);
        if (ways & 1)
            take(daemon, model, script.content()); // before the database is there
        daemon.begin();
        model.compare_after(daemon.at());
        daemon.store(model, records, ways & 2);
        model.compare();
        for (int i = 0; i < 3 && !script.at_end(); ++i) {
            take(daemon, model, script.content());
            if (ways & 4)
                daemon.segments().sync();
            if (ways & 8)
                daemon.segments().set_max_bytes(script.byte() % 2 == 0 ? std::nullopt : max_bytes);
            daemon.store(model, records, ways & 16);
        }
        if (ways & 32)
            daemon.confirm(ways);
        daemon.segments().release_until(daemon.segments().end());
        model.released_until(daemon.segments().end());
        must(model.files() == 1, "what is left is the last segment");
        model.compare();
        id = daemon.stream().id();
        second.segments = segments_on_disk(state);
        second.stream = id;
        second.hint = daemon.stream().hint().place();
        end = daemon.at();
    }
    Daemon daemon(state, max_bytes);
    Model model(state, daemon.segments(), second);
    model.compare();
    check_stream(daemon, second);
    must(!(ways & 32) || daemon.csv_position()->place == *end, "the position is there again");
    daemon.begin();
    must(ways & 32 ? daemon.at() == std::max(*end, model.begin()) : daemon.at() <= daemon.segments().end(),
         "it goes on where the one before stopped");
}

/// Whatever is in that file, a number that is added is known, also later.
void add_to_sent(const StateFolder &state, std::string_view content) {
    put_file(state.pool(), "sent", content);
    std::int64_t number = 0;
    {
        SentBatches sent(state.pool(), false);
        number = sent.add();
        const std::int64_t other = sent.add();
        must(sent.contains(number) && sent.contains(other), "a number that is added is known");
        sent.take_back();
        must(!sent.contains(other), "a number that is taken back is not known");
    }
    must(SentBatches(state.pool(), true).contains(number), "a number that was added is known later");
}

} // namespace

/// The first byte says how large the pool may be; then comes what is in its folder, and what happens.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static StateFolder state;
    state.empty();
    add_to_sent(state, fuzz::text_of(data, size));
    Script script(fuzz::text_of(data, size));
    static constexpr std::optional<std::uint64_t> limits[] = {64 * 1024, 100'001, 256 * 1024, std::nullopt};
    const auto max_bytes = limits[script.byte() % std::size(limits)];
    const Left left = leave(script, state);
    try {
        recover(script, state, left, max_bytes);
    } catch (const Error &) {
        must(left.strange_segment, "only what is no pool cannot be opened");
    }
    return 0;
}
