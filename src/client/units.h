// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct sd_bus;

namespace iptracking {

/// What systemd says of a unit.
struct UnitState {
    std::string load;            ///< loaded, not-found, masked…
    std::string active;          ///< active, inactive, failed…
    std::string sub;             ///< running, listening, dead…
    std::string file;            ///< enabled, disabled, static…
    std::int64_t since_usec = 0; ///< when it became so; 0: not since the boot
    bool needs_reload = false;   ///< its file was changed after it was read
};

/// Asks systemd, over D-Bus or, for root, its own socket.
class Units {
public:
    /// Throws an Error where systemd cannot be asked.
    Units();
    ~Units();
    Units(const Units &) = delete;
    Units &operator=(const Units &) = delete;

    /// Whether it is PID 1 here.
    static bool are_here() noexcept;

    UnitState state(const std::string &unit) const;
    /// What a service says of itself, sd_notify(3).
    std::string status_text(const std::string &service) const;
    /// What a socket unit listens on: paths and addresses.
    std::vector<std::string> listens_on(const std::string &socket) const;

private:
    struct Close {
        void operator()(sd_bus *bus) const noexcept;
    };
    std::string path_of(const std::string &unit) const;
    std::string text(const std::string &path, const char *interface, const char *property) const;
    std::unique_ptr<sd_bus, Close> bus_;
};

} // namespace iptracking
