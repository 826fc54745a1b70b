// SPDX-License-Identifier: GPL-2.0-or-later
#include "pam_callback/pam_environment.h"

namespace iptracking {
namespace {

/// The value, if the variable has the name.  Asked of each variable for each name: with strlen() and strncmp() that was
/// two thirds of all instructions of the callback.
const char *value_of(const char *variable, const char *name) {
    for (; *name != '\0'; ++variable, ++name)
        if (*variable != *name)
            return nullptr;
    return *variable == '=' ? variable + 1 : nullptr;
}

const char *last_value(const char *const *from, const char *name) {
    const char *last = nullptr;
    for (; *from; ++from)
        if (const char *value = value_of(*from, name))
            last = value;
    return last;
}

/// The block that pam_exec adds, read from its end; `begin` if the environment does not end so.
const char *const *find_items(const char *const *begin) {
    const char *const *at = begin;
    while (*at)
        ++at;
    const auto step_back_over = [&](const char *name) {
        if (at == begin || !value_of(at[-1], name))
            return false;
        --at;
        return true;
    };
    if (!step_back_over("PAM_TYPE"))
        return begin;
    step_back_over("PAM_RUSER");
    step_back_over("PAM_RHOST");
    step_back_over("PAM_TTY");
    return step_back_over("PAM_USER") && step_back_over("PAM_SERVICE") ? at : begin;
}

} // namespace

PamEnvironment::PamEnvironment(const char *const *environment) : begin_(environment), items_(find_items(environment)) {}

const char *PamEnvironment::item(const char *name) const {
    return last_value(items_, name);
}

const char *PamEnvironment::filled_item(const char *name) const {
    const char *value = item(name);
    return value && *value ? value : nullptr;
}

const char *PamEnvironment::variable(const char *name) const {
    return last_value(begin_, name);
}

} // namespace iptracking
