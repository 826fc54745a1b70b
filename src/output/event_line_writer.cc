// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/event_line_writer.h"

#include "base/error.h"
#include "event/event.h"
#include "line/format.h"
#include "output/put.h"

#include <algorithm>
#include <utility>

namespace iptracking {
namespace {

/// Stored text as the value of a key: its \xHH mean the same there.
void append_value(std::string &out, std::string_view stored) {
    for (const char c : stored) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\\' || line::is_plain(byte))
            out += c;
        else
            out += {'\\', 'x', line::hex_digits[byte >> 4], line::hex_digits[byte & 15]};
    }
}

class EventLineWriter final : public Writer {
public:
    EventLineWriter(std::FILE *out, std::span<const Column> columns) : out_(out), columns_(columns) {
        for (Key &key : keys_)
            key.column = column(key.name);
        flags_ = column("flags");
    }

    void write(const Row &row) override {
        line_ = line::magic;
        for (const Key &key : keys_)
            if (const std::string *text = std::get_if<std::string>(&row[key.column]))
                append_text(key, *text);
            else if (const std::int64_t *number = std::get_if<std::int64_t>(&row[key.column]))
                line_.append(" ").append(key.key).append("=").append(std::to_string(*number));
        if (const std::int64_t *flags = std::get_if<std::int64_t>(&row[flags_]))
            append_cut(row, *flags);
        put(out_, line_ += '\n');
        ++rows_;
    }

    void finish() override { flush(); }
    void flush() override { iptracking::flush(out_); }

private:
    struct Key {
        const char *key, *name;
        bool is_text = false; ///< that may have been cut
        std::size_t column = 0;
    };

    std::size_t column(std::string_view name) const {
        const auto found = std::find_if(columns_.begin(), columns_.end(),
                                        [name](const Column &column) { return column.name == name; });
        if (found == columns_.end())
            throw Error("these are no events: they have no '" + std::string(name) + "'");
        return static_cast<std::size_t>(found - columns_.begin());
    }

    void append_text(const Key &key, const std::string &text) {
        const bool is_net = std::string_view(key.key) == "src" && text.find('/') != text.npos;
        line_.append(" ").append(is_net ? "rhost" : key.key).append("=");
        append_value(line_, text);
    }

    void append_cut(const Row &row, std::int64_t flags) {
        const char *before = " cut=";
        const auto append = [&](const char *key) { line_.append(std::exchange(before, ",")).append(key); };
        if (flags & flag::cut_user)
            append("user");
        // Which one it was is not stored.
        if (flags & flag::cut_other)
            for (const Key &key : keys_)
                if (key.is_text && std::holds_alternative<std::string>(row[key.column])) {
                    append(key.key);
                    break;
                }
        if (flags & flag::cut_auth_info)
            append("auth_info");
    }

    std::FILE *out_;
    std::span<const Column> columns_;
    Key keys_[24] = {{"event", "event"},
                     {"time", "time"},
                     {"outcome", "outcome"},
                     {"user", "user"},
                     {"src", "source"},
                     {"sport", "source_port"},
                     {"dst", "destination"},
                     {"dport", "destination_port"},
                     {"pid", "pid"},
                     {"rx_bytes", "rx_bytes"},
                     {"tx_bytes", "tx_bytes"},
                     {"rx_packets", "rx_packets"},
                     {"tx_packets", "tx_packets"},
                     {"service", "service", true},
                     {"tty", "tty", true},
                     {"ruser", "ruser", true},
                     {"rhost", "rhost", true},
                     {"host", "host", true},
                     {"auth_method", "method"},
                     {"auth_key", "key"},
                     {"cert_id", "cert_id"},
                     {"cert_serial", "cert_serial"},
                     {"cert_ca", "cert_ca"},
                     {"origin", "origin"}};
    std::size_t flags_ = 0;
    std::string line_;
};

} // namespace

std::unique_ptr<Writer> make_event_line_writer(std::FILE *out, std::span<const Column> columns) {
    return std::make_unique<EventLineWriter>(out, columns);
}

} // namespace iptracking
