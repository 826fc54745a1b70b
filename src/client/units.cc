// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/units.h"

#include "base/error.h"

#include <cstdlib>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

namespace iptracking {
namespace {

constexpr char manager[] = "org.freedesktop.systemd1", manager_path[] = "/org/freedesktop/systemd1";
constexpr char manager_interface[] = "org.freedesktop.systemd1.Manager",
               unit_interface[] = "org.freedesktop.systemd1.Unit";

/// An sd_bus_error that cleans up; its message is better than the errno.
struct BusError {
    sd_bus_error error = SD_BUS_ERROR_NULL;
    BusError() = default;
    BusError(const BusError &) = delete;
    BusError &operator=(const BusError &) = delete;
    ~BusError() { sd_bus_error_free(&error); }
    void check(int result) const {
        if (result >= 0)
            return;
        if (error.message)
            throw Error(std::string("systemd says: ") + error.message);
        throw_errno(-result, "cannot ask systemd");
    }
};

struct Unref {
    void operator()(sd_bus_message *message) const noexcept { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, Unref>;

/// systemd's own socket, where there is no D-Bus.
sd_bus *open_private() {
    sd_bus *bus = nullptr;
    check(sd_bus_new(&bus), "cannot make a connection to systemd");
    const int result = sd_bus_set_address(bus, "unix:path=/run/systemd/private");
    const int started = result < 0 ? result : sd_bus_start(bus);
    if (started < 0) {
        sd_bus_unref(bus);
        throw_errno(-started, "cannot connect to systemd");
    }
    return bus;
}

sd_bus *open_bus() {
    sd_bus *bus = nullptr;
    const int result = sd_bus_open_system(&bus);
    if (result >= 0)
        return bus;
    if (::geteuid() == 0)
        return open_private();
    throw_errno(-result, "cannot connect to D-Bus");
}

} // namespace

void Units::Close::operator()(sd_bus *bus) const noexcept {
    sd_bus_flush_close_unref(bus);
}

Units::Units() : bus_(open_bus()) {}
Units::~Units() = default;

bool Units::are_here() noexcept {
    return sd_booted() > 0;
}

std::string Units::path_of(const std::string &unit) const {
    BusError error;
    sd_bus_message *answer = nullptr;
    error.check(sd_bus_call_method(bus_.get(), manager, manager_path, manager_interface, "LoadUnit", &error.error,
                                   &answer, "s", unit.c_str()));
    const Message owner(answer);
    const char *path = nullptr;
    error.check(sd_bus_message_read(answer, "o", &path));
    return path;
}

std::string Units::text(const std::string &path, const char *interface, const char *property) const {
    BusError error;
    char *value = nullptr;
    error.check(
        sd_bus_get_property_string(bus_.get(), manager, path.c_str(), interface, property, &error.error, &value));
    std::string text(value);
    std::free(value);
    return text;
}

UnitState Units::state(const std::string &unit) const {
    const std::string path = path_of(unit);
    BusError error;
    UnitState state{.load = text(path, unit_interface, "LoadState"),
                    .active = text(path, unit_interface, "ActiveState"),
                    .sub = text(path, unit_interface, "SubState"),
                    .file = text(path, unit_interface, "UnitFileState")};
    std::uint64_t since = 0;
    error.check(sd_bus_get_property_trivial(bus_.get(), manager, path.c_str(), unit_interface, "StateChangeTimestamp",
                                            &error.error, 't', &since));
    state.since_usec = static_cast<std::int64_t>(since);
    int needs_reload = 0;
    error.check(sd_bus_get_property_trivial(bus_.get(), manager, path.c_str(), unit_interface, "NeedDaemonReload",
                                            &error.error, 'b', &needs_reload));
    state.needs_reload = needs_reload != 0;
    return state;
}

std::string Units::status_text(const std::string &service) const {
    return text(path_of(service), "org.freedesktop.systemd1.Service", "StatusText");
}

std::vector<std::string> Units::listens_on(const std::string &socket) const {
    BusError error;
    sd_bus_message *answer = nullptr;
    error.check(sd_bus_get_property(bus_.get(), manager, path_of(socket).c_str(), "org.freedesktop.systemd1.Socket",
                                    "Listen", &error.error, &answer, "a(ss)"));
    const Message owner(answer);
    std::vector<std::string> all;
    error.check(sd_bus_message_enter_container(answer, 'a', "(ss)"));
    const char *kind = nullptr, *address = nullptr;
    while (sd_bus_message_read(answer, "(ss)", &kind, &address) > 0)
        all.emplace_back(address);
    return all;
}

} // namespace iptracking
