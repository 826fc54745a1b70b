// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/postgres_arrays.h"

#include "store/row.h"

#include <algorithm>
#include <bit>
#include <endian.h>

namespace iptracking {
namespace {

// Types of the catalogue (pg_type.dat) that have the same number everywhere.
struct Type {
    Oid element, array;
};
constexpr Type int4_type{23, 1007}, text_type{25, 1009}, inet_type{869, 1041}, timestamptz_type{1184, 1185};

constexpr std::int64_t postgres_epoch_usec = 946'684'800'000'000; // 2000-01-01 UTC
constexpr char family_inet = 2, family_inet6 = 3;                 // PGSQL_AF_INET, PGSQL_AF_INET6

template <class Integer> void append_number(std::string &bytes, Integer number) {
    if constexpr (sizeof(Integer) == 4)
        number = std::bit_cast<Integer>(htobe32(static_cast<std::uint32_t>(number)));
    else
        number = std::bit_cast<Integer>(htobe64(static_cast<std::uint64_t>(number)));
    bytes.append(reinterpret_cast<const char *>(&number), sizeof(number));
}

/// array_recv(): dimensions, whether there are nulls, the type; size and lower bound of the dimension; the elements,
/// each behind its size.
class BinaryArray {
public:
    BinaryArray(Type type, std::size_t count) : type_(type) {
        append_number<std::int32_t>(bytes_, 1);
        append_number<std::int32_t>(bytes_, 1);
        append_number(bytes_, type.element);
        append_number(bytes_, static_cast<std::int32_t>(count));
        append_number<std::int32_t>(bytes_, 1);
        head_ = bytes_.size();
        nulls_ = head_ + 4 * count;
    }
    void add_null() { append_number<std::int32_t>(bytes_, -1); }
    template <class Integer> void add_number(Integer number) {
        append_number(bytes_, static_cast<std::int32_t>(sizeof(number)));
        append_number(bytes_, number);
    }
    /// Zero: not known.
    void add_known(std::int32_t number) {
        if (number == 0)
            add_null();
        else
            add_number(number);
    }
    void add(std::string_view bytes) {
        append_number(bytes_, static_cast<std::int32_t>(bytes.size()));
        bytes_ += bytes;
    }
    void add(const StoredValue &value) {
        if (value.present)
            add(value.text);
        else
            add_null();
    }
    /// network_recv(): family, bits, whether it is a cidr, size, address.
    void add(const IpAddress &address) {
        const std::string_view bytes(reinterpret_cast<const char *>(address.bytes.data()), address.bytes.size());
        if (address.is_absent()) {
            add_null();
        } else if (address.is_v4()) {
            append_number<std::int32_t>(bytes_, 8);
            bytes_ += {family_inet, 32, 0, 4};
            bytes_ += bytes.substr(12);
        } else {
            append_number<std::int32_t>(bytes_, 20);
            bytes_ += {family_inet6, static_cast<char>(128), 0, 16};
            bytes_ += bytes;
        }
    }
    /// Of nulls alone, or of nothing, an empty array is enough: log_events() fills it up, and most have no ruser.
    postgres::Parameter take() {
        if (bytes_.size() == nulls_ && bytes_.find_first_not_of('\xff', head_) == bytes_.npos) {
            bytes_.clear();
            append_number<std::int32_t>(bytes_, 0);
            append_number<std::int32_t>(bytes_, 0);
            append_number(bytes_, type_.element);
        }
        return {.type = type_.array, .binary = true, .value = std::move(bytes_)};
    }

private:
    Type type_;
    std::string bytes_;
    std::size_t head_, nulls_; ///< its size without elements, and with nulls alone
};

/// One of numbers that the events hold.
template <class Of> postgres::Parameter numbers(const Batch &batch, Of of) {
    BinaryArray array(int4_type, batch.events.size());
    for (const Event &event : batch.events)
        array.add_known(of(event));
    return array.take();
}

template <class Of> postgres::Parameter addresses(const Batch &batch, Of of) {
    BinaryArray array(inet_type, batch.events.size());
    for (const Event &event : batch.events)
        array.add(of(event));
    return array.take();
}

/// Labels of an enum: "{auth,NULL}".
template <class Of> postgres::Parameter labels(const Batch &batch, Of of) {
    std::string text = "{";
    for (const Event &event : batch.events) {
        const char *const label = of(event);
        text += text.size() > 1 ? "," : "";
        text += label ? label : "NULL";
    }
    return postgres::Parameter::text(text + "}");
}

postgres::Parameter dates(const Batch &batch) {
    BinaryArray array(timestamptz_type, batch.events.size());
    for (const Event &event : batch.events)
        array.add_number(event.time_usec - postgres_epoch_usec);
    return array.take();
}

/// The columns that a RowReader makes: it reads the texts of an event together.
struct Rows {
    explicit Rows(const Batch &batch)
        : texts(static_cast<std::size_t>(Text::count_), BinaryArray(text_type, batch.events.size())),
          flags(int4_type, batch.events.size()) {
        RowReader row(batch);
        for (const Event &event : batch.events) {
            row.read(event);
            for (std::size_t i = 0; i < texts.size(); ++i)
                texts[i].add(row[static_cast<Text>(i)]);
            flags.add_number(std::int32_t{row.flags()});
        }
    }
    postgres::Parameter take(Text which) { return texts[static_cast<std::size_t>(which)].take(); }

    std::vector<BinaryArray> texts;
    BinaryArray flags;
};

} // namespace

void append_arrays(std::vector<postgres::Parameter> &parameters, const Batch &batch) {
    Rows rows(batch);
    parameters.push_back(addresses(
        batch, [](const Event &e) -> auto & { return e.destination; }));
    parameters.push_back(addresses(
        batch, [](const Event &e) -> auto & { return e.source; }));
    parameters.push_back(numbers(batch, [](const Event &e) { return std::int32_t{e.source_port}; }));
    parameters.push_back(labels(batch, [](const Event &e) { return name_of(e.kind); }));
    parameters.push_back(rows.take(Text::user));
    parameters.push_back(dates(batch));
    parameters.push_back(numbers(batch, [](const Event &e) { return std::int32_t{e.destination_port}; }));
    parameters.push_back(labels(batch, [](const Event &e) { return name_of(e.outcome); }));
    parameters.push_back(numbers(batch, [](const Event &e) { return e.pid; }));
    parameters.push_back(rows.take(Text::service));
    parameters.push_back(rows.take(Text::tty));
    parameters.push_back(rows.take(Text::ruser));
    parameters.push_back(rows.take(Text::rhost));
    parameters.push_back(rows.take(Text::host));
    parameters.push_back(rows.flags.take());
}

} // namespace iptracking
