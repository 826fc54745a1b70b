// SPDX-License-Identifier: GPL-2.0-or-later
// `iptracking check`
#include "client/check.h"
#include "client/pam_check.h"
#include "client/verbs.h"

#include "base/directories.h"

#include <cstdlib>

namespace iptracking {
namespace {

class CheckVerb final : public Verb {
    void declare(OptionList &options) override {
        options.words("SERVICE", services_,
                      "PAM services whose lines are looked at (default sshd), or files with a / in their names");
    }

    int run(const Called &called) override {
        Findings findings;
        // Without a configuration the rest is looked at as if there were none.
        const auto read = check_config(called, findings);
        const Config config = read ? *read : default_config(state_directory());
        check_files(config, findings);
        check_units(config, findings);
        if (services_.empty())
            services_ = {"sshd"};
        for (const std::string &service : services_)
            check_pam(service.find('/') == std::string::npos ? "/etc/pam.d/" + service : service, findings);
        return findings.conclude() ? EXIT_SUCCESS : nothing_found;
    }

    std::vector<std::string> services_;
};

} // namespace

std::unique_ptr<Verb> make_check() {
    return std::make_unique<CheckVerb>();
}

} // namespace iptracking
