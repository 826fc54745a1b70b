// SPDX-License-Identifier: GPL-2.0-or-later
#include "db/libpq.h"

#include "base/error.h"

#include <cstdlib>
#include <dlfcn.h>

namespace iptracking {
namespace {

template <class Function> void find(void *library, const char *name, Function &function) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    if (!function)
        throw Error(std::string("libpq is too old: it has no ") + name);
}

Libpq load() {
    void *const library = ::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        throw Error(std::string("cannot load libpq, which the postgresql driver needs: ") + ::dlerror());
    // What is asked first, the configuration, is asked before there is a thread.  A weak default: a keyword or a
    // service file beats it.
    ::setenv("PGCONNECT_TIMEOUT", "10", 0); // seconds for each host
    Libpq functions;
#define IPTRACKING_FIND(name) find(library, #name, functions.name);
    IPTRACKING_LIBPQ_FUNCTIONS(IPTRACKING_FIND)
#undef IPTRACKING_FIND
    return functions;
}

} // namespace

const Libpq &libpq() {
    static const Libpq functions = load();
    return functions;
}

} // namespace iptracking
