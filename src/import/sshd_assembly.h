// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "import/found_event.h"
#include "import/sshd_message.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace iptracking {

/// One message of one process, and when it was written.
struct SshdLine {
    std::int64_t time_usec = 0;
    std::string_view host;
    std::int32_t pid = 0;
    SshdMessage message;
};

/// Makes events of what sshd says: one attempt, one success, one begin or end of a session.
///
/// One attempt is told by up to three lines, of sshd, of its PAM conversation, and of PAM modules, perhaps in a process
/// of their own; at most log levels some of them are missing.  So those of a connection are counted when it is over,
/// and the source that tells of most is believed.
class SshdAssembly {
public:
    using Sink = std::function<void(FoundEvent &&)>;

    SshdAssembly(Origin origin, Sink sink) : origin_(origin), sink_(std::move(sink)) {}

    /// Lines come as they stand in the log.
    void take(const SshdLine &line);
    /// Nothing more comes.
    void finish();
    /// The events before it have all been told.
    std::int64_t told_until() const noexcept;

private:
    /// A failed attempt that a line tells of.
    struct Failure {
        std::int64_t time_usec = 0;
        std::string user; ///< typed
        bool has_user = false;
        IpAddress source;
        std::uint16_t source_port = 0;
        std::string rhost;
    };
    /// What one process has said.
    struct Connection {
        std::string host;
        std::int32_t pid = 0;
        std::int64_t last_usec = 0;
        IpAddress source, destination;
        std::uint16_t source_port = 0, destination_port = 0;
        std::string rhost, user;
        bool has_user = false;
        bool by_pam_alone = true; ///< no line but those of PAM modules
        bool is_told = false;     ///< another process tells of its attempts
        bool is_accepted = false, is_open = false;
        std::size_t told = 0; ///< attempts with conversations that were told of
        std::vector<Failure> by_password, by_conversation, by_pam_error, by_other_method, refused;
        std::vector<std::pair<std::string, std::vector<Failure>>> by_module;
    };
    using Key = std::pair<std::string, std::int32_t>;
    struct HashKey {
        std::size_t operator()(const Key &key) const noexcept;
    };

    Connection &connection_of(const SshdLine &line);
    void learn(Connection &connection, const SshdLine &line);
    static Failure failure_of(const SshdLine &line);
    void add_failure(Connection &connection, const SshdLine &line);
    void accept(Connection &connection, const SshdLine &line);
    void add_session_event(Connection &connection, const SshdLine &line);
    void tell_of_conversations(Connection &teller);
    void mark_told(const Connection &teller);
    void tell_failures(Connection &connection);
    void tell(const Connection &connection, Failure &&failure, bool account_refused);
    FoundEvent event_of(const Connection &connection, std::int64_t time_usec, EventKind kind, Outcome outcome) const;
    void close_old(std::int64_t now_usec);

    Origin origin_;
    Sink sink_;
    std::unordered_map<Key, Connection, HashKey> connections_;
    std::unordered_map<std::string, std::vector<Key>> silent_; ///< connections by_pam_alone, by their source
    std::int64_t now_usec_ = 0, swept_usec_ = 0;
};

} // namespace iptracking
