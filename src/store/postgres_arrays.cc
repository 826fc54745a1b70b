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
constexpr Type int8_type{20, 1016}, int4_type{23, 1007}, text_type{25, 1009}, inet_type{869, 1041},
    timestamptz_type{1184, 1185};

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

/// The events of a batch that are rows, or those that are samples.
std::vector<const Event *> events_of(const Batch &batch, bool samples) {
    std::vector<const Event *> events;
    events.reserve(samples ? 0 : batch.events.size());
    for (const Event &event : batch.events)
        if ((event.kind == EventKind::sample) == samples)
            events.push_back(&event);
    return events;
}

/// The parameters of a function that takes an array for each column: of some events of a batch.
class Arrays {
public:
    Arrays(std::vector<postgres::Parameter> &parameters, const Batch &batch, std::vector<const Event *> events)
        : parameters_(parameters), batch_(batch), events_(std::move(events)),
          texts_(static_cast<std::size_t>(Text::count_), BinaryArray(text_type, events_.size())),
          counters_(static_cast<std::size_t>(Counter::count_), BinaryArray(int8_type, events_.size())),
          flags_(int4_type, events_.size()), has_counters_(any(has_counters)), has_auth_(any(has_auth)) {
        read_rows();
    }

    template <class Of> void numbers(Of of) {
        BinaryArray array(int4_type, events_.size());
        for (const Event *event : events_)
            array.add_known(of(*event));
        parameters_.push_back(array.take());
    }
    void addresses(IpAddress Event::*of) {
        BinaryArray array(inet_type, events_.size());
        for (const Event *event : events_)
            array.add(event->*of);
        parameters_.push_back(array.take());
    }
    void dates() {
        BinaryArray array(timestamptz_type, events_.size());
        for (const Event *event : events_)
            array.add_number(event->time_usec - postgres_epoch_usec);
        parameters_.push_back(array.take());
    }
    /// Labels of an enum: "{auth,NULL}".
    template <class Of> void labels(Of of) {
        std::string text = "{";
        for (const Event *event : events_) {
            const char *const label = of(*event);
            text += text.size() > 1 ? "," : "";
            text += label ? label : "NULL";
        }
        parameters_.push_back(postgres::Parameter::text(text + "}"));
    }
    void texts(std::initializer_list<Text> which) {
        for (const Text one : which)
            parameters_.push_back(texts_[static_cast<std::size_t>(one)].take());
    }
    void flags() { parameters_.push_back(flags_.take()); }
    void counters() {
        for (BinaryArray &counter : counters_)
            parameters_.push_back(has_counters_ ? counter.take() : postgres::Parameter::null());
    }
    void auth() {
        if (!has_auth_) {
            parameters_.insert(parameters_.end(), auth_columns, postgres::Parameter::null());
            return;
        }
        texts({Text::auth_method, Text::auth_key, Text::cert_id});
        parameters_.push_back(postgres::Parameter::text("{" + serials_ + "}"));
        texts({Text::cert_ca});
    }

private:
    /// The columns that a RowReader makes: it reads those of an event together.
    void read_rows() {
        RowReader row(batch_);
        for (const Event *event : events_) {
            row.read(*event);
            for (std::size_t i = 0; i < (has_auth_ ? texts_.size() : plain_texts); ++i)
                texts_[i].add(row[static_cast<Text>(i)]);
            if (has_counters_)
                read_counters(row.counters());
            flags_.add_number(std::int32_t{row.flags()});
            const StoredValue &serial = row[Text::cert_serial];
            if (has_auth_)
                serials_.append(serials_.empty() ? "" : ",").append(serial.present ? serial.text : "NULL");
        }
    }
    void read_counters(const CounterValues &counters) {
        for (std::size_t i = 0; i < counters.size(); ++i)
            if (counters[i])
                counters_[i].add_number(*counters[i]);
            else
                counters_[i].add_null();
    }
    template <class Is> bool any(Is is) const {
        return std::any_of(events_.begin(), events_.end(), [&](const Event *event) { return is(*event); });
    }
    static bool is_there(const TextPlace &place) noexcept { return place.offset != 0; }
    static bool has_auth(const Event &event) noexcept {
        return std::any_of(event.texts.begin() + plain_texts, event.texts.end(), is_there);
    }
    static bool has_counters(const Event &event) noexcept {
        return std::any_of(event.counters.begin(), event.counters.end(), is_there);
    }

    static constexpr std::size_t auth_columns = 5;

    std::vector<postgres::Parameter> &parameters_;
    const Batch &batch_;
    std::vector<const Event *> events_;
    std::vector<BinaryArray> texts_, counters_;
    BinaryArray flags_;
    bool has_counters_, has_auth_; ///< else these columns are null
    std::string serials_;          ///< up to 2^64-1: numeric, whose binary form is one of its own
};

} // namespace

bool has_samples(const Batch &batch) noexcept {
    return std::any_of(batch.events.begin(), batch.events.end(),
                       [](const Event &event) { return event.kind == EventKind::sample; });
}

void append_events(std::vector<postgres::Parameter> &parameters, const Batch &batch, EventColumns columns) {
    Arrays arrays(parameters, batch, events_of(batch, false));
    arrays.addresses(&Event::destination);
    arrays.addresses(&Event::source);
    arrays.numbers([](const Event &e) { return std::int32_t{e.source_port}; });
    arrays.labels([](const Event &e) { return name_of(e.kind); });
    arrays.texts({Text::user});
    arrays.dates();
    arrays.numbers([](const Event &e) { return std::int32_t{e.destination_port}; });
    arrays.labels([](const Event &e) { return name_of(e.outcome); });
    arrays.numbers([](const Event &e) { return e.pid; });
    arrays.texts({Text::service, Text::tty, Text::ruser, Text::rhost, Text::host});
    arrays.flags();
    if (columns == EventColumns::of_version_1)
        return;
    arrays.counters();
    arrays.auth();
}

void append_samples(std::vector<postgres::Parameter> &parameters, const Batch &batch) {
    Arrays arrays(parameters, batch, events_of(batch, true));
    arrays.texts({Text::host});
    arrays.addresses(&Event::source);
    arrays.numbers([](const Event &e) { return std::int32_t{e.source_port}; });
    arrays.addresses(&Event::destination);
    arrays.numbers([](const Event &e) { return std::int32_t{e.destination_port}; });
    arrays.dates();
    arrays.counters();
}

std::string parameter_list(std::size_t first, std::size_t count) {
    std::string list;
    for (std::size_t i = first; i < first + count; ++i)
        list.append(list.empty() ? "($" : ", $").append(std::to_string(i));
    return list + ")";
}

} // namespace iptracking
