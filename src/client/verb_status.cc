// SPDX-License-Identifier: GPL-2.0-or-later
// `iptracking status`
#include "client/output_options.h"
#include "client/status.h"
#include "client/verbs.h"
#include "event/timestamp.h"
#include "output/json.h"
#include "output/put.h"
#include "output/safe_text.h"
#include "output/values.h"

#include <cstdlib>

namespace iptracking {
namespace {

/// The counters that people are shown, by the names that they have in the file.
constexpr std::pair<const char *, const char *> shown_counters[] = {
    {"events_accepted", "accepted"},
    {"events_stored", "stored"},
    {"events_damaged", "damaged"},
    {"events_skipped", "skipped"},
};

std::uint64_t value_of(const Status &status, const char *counter) {
    const auto found = status.counters.find(counter);
    return found == status.counters.end() ? 0 : found->second;
}

// --- for people -----------------------------------------------------------------------------------------------------

void print(const char *what, const std::string &value) {
    std::string line = what;
    line.resize(10, ' ');
    put(stdout, line + terminal_text(value) + "\n");
}

std::string in_words(const Status &status, const Status::Unit &unit, bool utc) {
    if (!unit.state)
        return status.units_trouble;
    const UnitState &state = *unit.state;
    if (state.load != "loaded")
        return state.load;
    std::string text = state.active + " (" + state.sub + ")";
    if (state.since_usec != 0)
        text += " since " + time_for_people(state.since_usec, utc);
    if (!state.file.empty())
        text += ", " + state.file;
    return text + (unit.said.empty() ? "" : ": " + unit.said);
}

std::string pipe_in_words(const Status &status) {
    std::string text = status.pipe;
    if (!status.has_pipe)
        text += ": is not there, 'systemctl enable --now iptracking.socket' makes it";
    else if (status.is_stalled)
        text += ": nobody reads it, callbacks do not wait any more";
    return text + "; since the boot " + std::to_string(status.refused) + " refused, " + std::to_string(status.lost) +
           " lost";
}

std::string pool_in_words(const Status &status) {
    if (!status.counters.empty())
        return std::to_string(value_of(status, "events_waiting")) + " events wait (" +
               std::to_string(value_of(status, "waiting_bytes")) + " bytes)";
    if (!status.pool_bytes)
        return "cannot be seen: the daemon does not run, and its folder is not for this user";
    return "the daemon does not run; up to " + std::to_string(*status.pool_bytes) + " bytes wait for it";
}

std::string database_in_words(const Status::Database &database, bool utc) {
    if (!database.trouble.empty())
        return database.trouble;
    std::string text = database.target + ": " + std::to_string(database.events.value_or(0)) + " events";
    if (database.newest_usec)
        text += ", the newest of " + time_for_people(*database.newest_usec, utc) + " (" +
                duration_for_people(now_usec() - *database.newest_usec) + " ago)";
    return text;
}

void print_text(const Status &status, bool utc) {
    print("service", in_words(status, status.service, utc));
    print("socket", in_words(status, status.socket, utc));
    print("pipe", pipe_in_words(status));
    print("pool", pool_in_words(status));
    print("database", database_in_words(status.database, utc));
    if (status.counters.empty())
        return;
    std::string text;
    for (const auto &[name, word] : shown_counters)
        text.append(text.empty() ? "since the start " : ", ")
            .append(std::to_string(value_of(status, name)) + " " + word);
    print("events", text);
}

// --- for programs ---------------------------------------------------------------------------------------------------

void add_text(Json &json, const char *name, const std::string &text) {
    json.name(name);
    if (text.empty())
        json.null();
    else
        json.text(text);
}

void add_number(Json &json, const char *name, std::optional<std::uint64_t> number) {
    json.name(name);
    if (number)
        json.number(static_cast<std::int64_t>(*number));
    else
        json.null();
}

void add_time(Json &json, const char *name, std::optional<std::int64_t> usec, bool utc) {
    json.name(name);
    if (usec)
        json.time(*usec, utc);
    else
        json.null();
}

void add_unit(Json &json, const char *name, const Status::Unit &unit, bool utc) {
    json.name(name);
    if (!unit.state)
        return json.null();
    json.begin_object();
    add_text(json, "load", unit.state->load);
    add_text(json, "active", unit.state->active);
    add_text(json, "sub", unit.state->sub);
    add_text(json, "file", unit.state->file);
    add_time(json, "since", unit.state->since_usec != 0 ? std::optional(unit.state->since_usec) : std::nullopt, utc);
    add_text(json, "says", unit.said);
    json.end_object();
}

void add_pool(Json &json, const Status &status) {
    const bool runs = !status.counters.empty();
    json.name("pool");
    json.begin_object();
    add_number(json, "waiting", runs ? std::optional(value_of(status, "events_waiting")) : std::nullopt);
    add_number(json, "waiting_bytes", runs ? std::optional(value_of(status, "waiting_bytes")) : status.pool_bytes);
    json.end_object();
}

void add_counters(Json &json, const Status &status) {
    json.name("events");
    if (status.counters.empty())
        return json.null();
    json.begin_object();
    for (const auto &[name, word] : shown_counters)
        add_number(json, word, value_of(status, name));
    json.end_object();
}

void add_database(Json &json, const Status::Database &database, bool utc) {
    json.name("database");
    json.begin_object();
    add_text(json, "driver", database.driver);
    add_text(json, "target", database.target);
    json.name("reachable");
    json.boolean(database.trouble.empty());
    add_text(json, "trouble", database.trouble);
    json.name("events");
    json.cell(database.events ? Cell(*database.events) : Cell(), Kind::number, utc);
    add_time(json, "newest", database.newest_usec, utc);
    json.end_object();
}

std::string as_json(const Status &status, bool utc) {
    Json json;
    json.begin_object();
    json.name("well");
    json.boolean(status.is_well());
    add_unit(json, "service", status.service, utc);
    add_unit(json, "socket", status.socket, utc);
    json.name("pipe");
    json.begin_object();
    add_text(json, "file", status.pipe);
    json.name("stalled");
    json.boolean(status.is_stalled);
    add_number(json, "refused", status.refused);
    add_number(json, "lost", status.lost);
    json.end_object();
    add_pool(json, status);
    add_counters(json, status);
    add_database(json, status.database, utc);
    json.end_object();
    return json.take() + "\n";
}

class StatusVerb final : public Verb {
    void declare(OptionList &options) override { output_.declare(options, {.lines = false, .reverse = false}); }

    int run(const Called &called) override {
        const Style style = output_.style();
        if (style.format == Format::csv || style.format == Format::brief)
            throw UsageError("'status' knows --output table (text) and json");
        const Status status = look_at_everything(called);
        if (style.format == Format::table)
            print_text(status, style.utc);
        else
            put(stdout, as_json(status, style.utc));
        return status.is_well() ? EXIT_SUCCESS : nothing_found;
    }

    OutputOptions output_;
};

} // namespace

std::unique_ptr<Verb> make_status() {
    return std::make_unique<StatusVerb>();
}

} // namespace iptracking
