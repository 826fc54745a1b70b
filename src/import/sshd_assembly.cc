// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/sshd_assembly.h"

#include <algorithm>

namespace iptracking {
namespace {

using What = SshdMessage::What;

constexpr std::int64_t second = 1'000'000;
/// Nothing was said for so long: it is over.  (LoginGraceTime is two minutes.)
constexpr std::int64_t longest_silence = 300 * second;
/// sshd says what became of a conversation with PAM so soon after its modules.
constexpr std::int64_t longest_conversation = 60 * second;
/// Two lines about one attempt.
constexpr std::int64_t same_attempt = 5 * second;

bool is_conversation(std::string_view method) noexcept {
    return method.starts_with("keyboard-interactive") || method.starts_with("challenge-response");
}

std::string source_name(const IpAddress &source, std::string_view rhost) {
    return source.is_absent() ? std::string(rhost) : source.to_string();
}

} // namespace

std::size_t SshdAssembly::HashKey::operator()(const Key &key) const noexcept {
    return std::hash<std::string>()(key.first) * 31 + std::hash<std::int32_t>()(key.second);
}

void SshdAssembly::take(const SshdLine &line) {
    now_usec_ = line.time_usec;
    if (now_usec_ > swept_usec_ + longest_silence || now_usec_ < swept_usec_ - longest_silence)
        close_old(now_usec_);
    switch (line.message.what) {
    case What::nothing:
    case What::started:
    case What::child:
        return; // they are of other processes, or tell nothing more
    default:
        break;
    }
    Connection &connection = connection_of(line);
    learn(connection, line);
    switch (line.message.what) {
    case What::accepted:
        accept(connection, line);
        break;
    case What::opened:
    case What::closed:
        add_session_event(connection, line);
        break;
    default:
        add_failure(connection, line);
    }
}

void SshdAssembly::finish() {
    for (auto &[key, connection] : connections_)
        tell_failures(connection);
    connections_.clear();
    silent_.clear();
}

std::int64_t SshdAssembly::told_until() const noexcept {
    // A sweep comes once in that time, and leaves connections whose last line is no older; their first failure is not
    // twice as old, since sshd ends what takes so long.
    return now_usec_ - 4 * longest_silence;
}

SshdAssembly::Connection &SshdAssembly::connection_of(const SshdLine &line) {
    Connection &connection = connections_[{std::string(line.host), line.pid}];
    const SshdMessage &message = line.message;
    const bool is_another =
        message.what == What::connection ||
        (message.source_port != 0 && connection.source_port != 0 && message.source_port != connection.source_port) ||
        (!connection.is_open && line.time_usec > connection.last_usec + longest_silence);
    if (is_another) { // the number of a process comes again
        tell_failures(connection);
        connection = {};
    }
    connection.host = line.host;
    connection.pid = line.pid;
    return connection;
}

void SshdAssembly::learn(Connection &connection, const SshdLine &line) {
    const SshdMessage &message = line.message;
    connection.last_usec = line.time_usec;
    if (!message.source.is_absent() && (connection.source.is_absent() || message.source_port != 0))
        connection.source = message.source;
    if (!message.rhost.empty())
        connection.rhost = message.rhost;
    if (message.source_port != 0)
        connection.source_port = message.source_port;
    if (!message.destination.is_absent()) {
        connection.destination = message.destination;
        connection.destination_port = message.destination_port;
    }
    if (message.user.data()) {
        connection.user = message.is_raw ? std::string(message.user) : sshd_text(message.user);
        connection.has_user = true;
    }
    const bool was_silent = connection.by_pam_alone && connection.by_module.empty();
    if (message.what != What::pam_failure && message.what != What::pam_success)
        connection.by_pam_alone = false;
    else if (was_silent)
        silent_[source_name(connection.source, connection.rhost)].emplace_back(connection.host, connection.pid);
}

SshdAssembly::Failure SshdAssembly::failure_of(const SshdLine &line) {
    const SshdMessage &message = line.message;
    Failure failure{.time_usec = line.time_usec,
                    .has_user = message.user.data() != nullptr,
                    .source = message.source,
                    .source_port = message.source_port,
                    .rhost = std::string(message.rhost)};
    if (failure.has_user)
        failure.user = message.is_raw ? std::string(message.user) : sshd_text(message.user);
    return failure;
}

void SshdAssembly::add_failure(Connection &connection, const SshdLine &line) {
    const SshdMessage &message = line.message;
    std::vector<Failure> *list = nullptr;
    switch (message.what) {
    case What::failed:
        list = message.method == "password"      ? &connection.by_password
               : is_conversation(message.method) ? &connection.by_conversation
                                                 : &connection.by_other_method;
        break;
    case What::pam_error:
        list = &connection.by_pam_error;
        break;
    case What::root_refused:
    case What::denied:
        list = &connection.refused;
        break;
    case What::pam_failure: {
        if (connection.is_accepted)
            return; // of another handle, or told before
        auto &modules = connection.by_module;
        auto module = std::find_if(modules.begin(), modules.end(),
                                   [&](const auto &known) { return known.first == message.method; });
        if (module == modules.end())
            module = modules.insert(module, {std::string(message.method), {}});
        list = &module->second;
        break;
    }
    default:
        return;
    }
    list->insert(list->end(), static_cast<std::size_t>(message.count), failure_of(line));
    tell_of_conversations(connection);
}

void SshdAssembly::accept(Connection &connection, const SshdLine &line) {
    if (is_conversation(line.message.method))
        mark_told(connection);
    const bool by_pam = line.message.method == "password" || is_conversation(line.message.method);
    // A module that said no before another one said yes: no attempt of its own.
    if (by_pam)
        for (auto &[name, failures] : connection.by_module)
            if (!failures.empty())
                failures.pop_back();
    tell_failures(connection);
    connection.is_accepted = true;
    for (int i = 0; i < line.message.count; ++i)
        sink_(event_of(connection, line.time_usec, EventKind::auth, Outcome::success));
}

void SshdAssembly::add_session_event(Connection &connection, const SshdLine &line) {
    connection.is_open = line.message.what == What::opened;
    const EventKind kind = connection.is_open ? EventKind::open_session : EventKind::close_session;
    for (int i = 0; i < line.message.count; ++i)
        sink_(event_of(connection, line.time_usec, kind, Outcome::none));
}

/// Of one attempt sshd may tell twice, so each counts for as many as the larger number of them.
void SshdAssembly::tell_of_conversations(Connection &teller) {
    const std::size_t number = std::max(teller.by_conversation.size(), teller.by_pam_error.size());
    for (; teller.told < number; ++teller.told)
        mark_told(teller);
}

/// A conversation with PAM has a process of its own, whose modules told of the attempt just before sshd does.  Only
/// one: others are of connections of which nobody else may tell.
void SshdAssembly::mark_told(const Connection &teller) {
    const auto found = silent_.find(source_name(teller.source, teller.rhost));
    if (found == silent_.end())
        return;
    std::vector<Key> &keys = found->second;
    const auto last = std::find_if(keys.rbegin(), keys.rend(), [&](const Key &key) {
        const auto place = connections_.find(key);
        if (place == connections_.end() || key.first != teller.host)
            return false;
        const Connection &silent = place->second;
        return silent.by_pam_alone && silent.last_usec >= now_usec_ - longest_conversation &&
               (!silent.has_user || !teller.has_user || silent.user == teller.user);
    });
    if (last == keys.rend())
        return;
    connections_.find(*last)->second.is_told = true;
    keys.erase(std::next(last).base());
}

void SshdAssembly::tell_failures(Connection &connection) {
    if (connection.is_told)
        return;
    std::vector<Failure> &conversation = connection.by_pam_error.size() > connection.by_conversation.size()
                                             ? connection.by_pam_error
                                             : connection.by_conversation;
    std::vector<Failure> *module = nullptr;
    for (auto &[name, failures] : connection.by_module)
        if (!module || failures.size() > module->size())
            module = &failures;
    const std::size_t by_sshd = connection.by_password.size() + conversation.size();
    if (module && module->size() > by_sshd)
        for (std::size_t i = by_sshd; i < module->size(); ++i)
            tell(connection, std::move((*module)[i]), false);
    for (Failure &refused : connection.refused) {
        const auto is_same = [&](const Failure &other) {
            return std::abs(other.time_usec - refused.time_usec) <= same_attempt;
        };
        const bool is_other =
            std::none_of(connection.by_password.begin(), connection.by_password.end(), is_same) &&
            std::none_of(conversation.begin(), conversation.end(), is_same) &&
            std::none_of(connection.by_other_method.begin(), connection.by_other_method.end(), is_same);
        if (is_other)
            tell(connection, std::move(refused), true);
    }
    for (auto *const list : {&connection.by_password, &conversation, &connection.by_other_method})
        for (Failure &failure : *list) {
            const bool account_refused =
                std::any_of(connection.refused.begin(), connection.refused.end(), [&](const Failure &refused) {
                    return std::abs(refused.time_usec - failure.time_usec) <= same_attempt;
                });
            tell(connection, std::move(failure), account_refused);
        }
    for (auto *const list : {&connection.by_password, &connection.by_conversation, &connection.by_pam_error,
                             &connection.by_other_method, &connection.refused})
        list->clear();
    connection.by_module.clear();
    connection.told = 0;
}

void SshdAssembly::tell(const Connection &connection, Failure &&failure, bool account_refused) {
    FoundEvent event = event_of(connection, failure.time_usec, EventKind::auth, Outcome::failure);
    if (failure.has_user)
        event.set_user(failure.user, most_sshd_text);
    // Of one connection, what another line says holds, too.
    if (!failure.source.is_absent())
        event.source = failure.source;
    if (failure.source_port != 0)
        event.source_port = failure.source_port;
    event.account_refused = account_refused;
    sink_(std::move(event));
}

FoundEvent SshdAssembly::event_of(const Connection &connection, std::int64_t time_usec, EventKind kind,
                                  Outcome outcome) const {
    FoundEvent event{.time_usec = time_usec,
                     .kind = kind,
                     .outcome = outcome,
                     .origin = origin_,
                     .source = connection.source,
                     .destination = connection.destination,
                     .source_port = connection.source_port,
                     .destination_port = connection.destination_port,
                     // That of a conversation with PAM is not the one that holds the session.
                     .pid = connection.by_pam_alone ? 0 : connection.pid};
    if (connection.has_user)
        event.set_user(connection.user, most_sshd_text);
    event.set_text(Text::service, "sshd");
    if (connection.source.is_absent() && !connection.rhost.empty())
        event.set_text(Text::rhost, connection.rhost);
    if (!connection.host.empty())
        event.set_text(Text::host, connection.host);
    return event;
}

void SshdAssembly::close_old(std::int64_t now_usec) {
    swept_usec_ = now_usec;
    for (auto place = connections_.begin(); place != connections_.end();) {
        Connection &connection = place->second;
        const bool is_old = std::abs(now_usec - connection.last_usec) > longest_silence;
        if (is_old)
            tell_failures(connection);
        place = is_old && !connection.is_open ? connections_.erase(place) : std::next(place);
    }
    for (auto place = silent_.begin(); place != silent_.end();) {
        std::erase_if(place->second, [&](const Key &key) { return !connections_.contains(key); });
        place = place->second.empty() ? silent_.erase(place) : std::next(place);
    }
}

} // namespace iptracking
