// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/terminal.h"

#include "output/safe_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace iptracking {
namespace {

constexpr unsigned default_width = 80, narrowest = 10, widest = 10'000;

std::string_view variable(const char *name) noexcept {
    const char *const value = std::getenv(name);
    return value ? value : "";
}

/// $SYSTEMD_COLORS: a boolean, or how many colours; "auto-…" leaves the question open.
std::optional<bool> systemd_wants_colours() noexcept {
    const std::string_view value = variable("SYSTEMD_COLORS");
    if (value.empty() || value.starts_with("auto"))
        return std::nullopt;
    return value != "0" && value != "no" && value != "n" && value != "false" && value != "f" && value != "off";
}

} // namespace

bool is_terminal(int fd) noexcept {
    return ::isatty(fd) == 1;
}

unsigned terminal_width(int fd) noexcept {
    const std::string_view columns = variable("COLUMNS");
    unsigned width = 0;
    if (const auto [end, error] = std::from_chars(columns.data(), columns.data() + columns.size(), width);
        error != std::errc() || end != columns.data() + columns.size())
        width = 0;
    if (winsize size{}; width == 0 && ::ioctl(fd, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    return width == 0 ? default_width : std::clamp(width, narrowest, widest);
}

bool use_colour(Colour wanted, int fd) noexcept {
    if (wanted != Colour::automatic)
        return wanted == Colour::always;
    if (const auto systemd = systemd_wants_colours())
        return *systemd;
    const std::string_view terminal = variable("TERM");
    return variable("NO_COLOR").empty() && is_terminal(fd) && !terminal.empty() && terminal != "dumb";
}

std::string bar(double share, unsigned columns) {
    static constexpr const char *eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (!(share > 0))
        return "";
    const double length = std::min(share, 1.0) * columns;
    if (!locale_is_utf8())
        return std::string(static_cast<std::size_t>(std::max(1L, std::lround(length))), '#');
    const long parts = std::max(1L, std::lround(length * 8)); // what is there is seen
    std::string text;
    for (long i = 0; i < parts / 8; ++i)
        text += "█";
    return text + eighths[parts % 8];
}

} // namespace iptracking
