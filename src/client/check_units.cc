// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/check.h"
#include "client/units.h"

#include "base/error.h"

#include <algorithm>

namespace iptracking {
namespace {

constexpr char service[] = "iptracking.service", socket[] = "iptracking.socket";

std::string in_words(const UnitState &state) {
    return state.load != "loaded" ? state.load : state.active + " (" + state.sub + "), " + state.file;
}

/// Whether it makes sense to look further.
bool check_unit(const char *name, const UnitState &state, Findings &findings) {
    findings.fact(name, in_words(state));
    if (state.load == "masked")
        findings.wrong(std::string(name) + " is masked", "systemctl unmask " + std::string(name));
    else if (state.load != "loaded")
        findings.wrong(std::string(name) + " is not installed (" + state.load +
                           "); 'meson install' puts it in its place, then:",
                       "systemctl daemon-reload");
    if (state.needs_reload)
        findings.wrong(std::string(name) + " was changed on disk", "systemctl daemon-reload");
    if (state.active == "failed")
        findings.wrong(std::string(name) + " has failed; journalctl -u " + name + " says why; then:",
                       "systemctl restart " + std::string(name));
    return state.load == "loaded";
}

} // namespace

void check_units(const Config &config, Findings &findings) try {
    if (!Units::are_here()) {
        findings.fact("units", "systemd does not run here");
        return;
    }
    const Units units;
    // An inactive service is well: the first event starts it.
    check_unit(service, units.state(service), findings);
    const UnitState state = units.state(socket);
    if (!check_unit(socket, state, findings))
        return;
    if (state.file != "enabled")
        findings.wrong(std::string(socket) + " is not enabled, nothing is recorded after the next boot",
                       "systemctl enable --now " + std::string(socket));
    if (state.active == "inactive")
        findings.wrong(std::string(socket) + " is not active, nobody reads the pipe",
                       "systemctl start " + std::string(socket));
    const auto pipes = units.listens_on(socket);
    if (std::find(pipes.begin(), pipes.end(), config.fifo_file) == pipes.end())
        findings.wrong("the configuration names the pipe " + config.fifo_file + ", " + socket + " has " +
                       (pipes.empty() ? "none" : pipes.front()) +
                       ": let both name the same, 'fifo-file' or ListenFIFO=");
} catch (const Error &error) {
    findings.unseen(error.what());
}

} // namespace iptracking
