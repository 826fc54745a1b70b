// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/pam_check.h"

#include "base/error.h"
#include "client/pam_stack.h"

#include <algorithm>
#include <set>
#include <sys/stat.h>

namespace iptracking {
namespace {

constexpr char callback_name[] = "iptracking-pam-callback";
constexpr char control[] = "[default=ignore]";

std::string right_line(const std::string &kind) {
    std::string line = kind;
    line.resize(8, ' ');
    return line + control + " pam_exec.so quiet seteuid " IPTRACKING_CALLBACK;
}

std::string right_place(const std::string &kind) {
    return kind == "session"
               ? "behind the last line of the session stack (@include common-session, include password-auth)"
               : "before the first line of " + kind;
}

std::string callback_of(const PamLine &line) {
    for (const std::string &argument : line.arguments) {
        if (argument.starts_with('/'))
            return argument;
    }
    return "";
}

bool is_ours(const PamLine &line) {
    return line.module.ends_with("pam_exec.so") && callback_of(line).ends_with(callback_name);
}

bool is_number(const std::string &action) {
    return !action.empty() && action.find_first_not_of("0123456789") == std::string::npos;
}

/// Whether PAM may leave the stack at this line.  pam_deny.so ends what has failed already.
bool may_end(const PamLine &line) {
    if (line.module.ends_with("pam_deny.so"))
        return false;
    return line.control == "requisite" || line.control == "sufficient" ||
           line.control.find("=die") != std::string::npos || line.control.find("=done") != std::string::npos;
}

/// How many lines PAM may leave out behind it.
std::size_t longest_jump(const PamLine &line) {
    std::size_t longest = 0;
    for (std::size_t at = line.control.find('='); at != std::string::npos; at = line.control.find('=', at + 1)) {
        const std::string action = line.control.substr(at + 1, line.control.find_first_of(" \t]", at) - at - 1);
        if (is_number(action) && action.size() < 4)
            longest = std::max(longest, static_cast<std::size_t>(std::stoul(action)));
    }
    return longest;
}

class StackCheck {
public:
    StackCheck(const std::string &file, const std::string &kind, Findings &findings)
        : file_(file), kind_(kind), findings_(findings), lines_(read_pam_stack(file, kind)) {}

    void run() {
        const auto count = std::count_if(lines_.begin(), lines_.end(), is_ours);
        if (count == 0) {
            findings_.wrong(file_ + " has no " + kind_ + " line for the callback; " + right_place(kind_) + " belongs:",
                            right_line(kind_));
            return;
        }
        if (count > 1)
            findings_.wrong(
                file_ + " has " + std::to_string(count) + " " + kind_ +
                " lines for the callback, so each event is recorded as often; remove all but one: " + places());
        const auto ours = std::find_if(lines_.begin(), lines_.end(), is_ours);
        findings_.fact(("PAM " + kind_).c_str(), ours->place());
        check_line(*ours);
        check_place(static_cast<std::size_t>(ours - lines_.begin()));
        check_program(callback_of(*ours));
    }

private:
    std::string places() const {
        std::string text;
        for (const PamLine &line : lines_) {
            if (is_ours(line))
                text.append(text.empty() ? "" : ", ").append(line.place());
        }
        return text;
    }

    void wrong(const PamLine &line, const std::string &why) {
        findings_.wrong(line.place() + ": " + why + "; it should be:", right_line(kind_));
    }

    void check_line(const PamLine &line) {
        if (line.action("success") != "ignore" || line.action("default") != "ignore")
            wrong(line, "'" + line.control + "' gives the callback a say in who may log in");
        if (!line.has("seteuid"))
            wrong(line, "without 'seteuid' the callback has the rights of the user, where it is called by su or sudo");
        if (!line.has("quiet"))
            wrong(line, "without 'quiet' users are told when the callback fails");
        if (line.has("expose_authtok"))
            wrong(line, "'expose_authtok' sends passwords to the callback");
    }

    void check_place(std::size_t ours) {
        for (std::size_t i = 0; i < ours; ++i) {
            const PamLine &before = lines_[i];
            const bool ends_us = before.substack == 0 || before.substack == lines_[ours].substack;
            const bool jumps_us = i + longest_jump(before) >= ours;
            if (ends_us && (may_end(before) || jumps_us))
                findings_.wrong(lines_[ours].place() + ": " + before.place() + " (" + before.control + " " +
                                before.module + ") comes first and may end the stack; put our line " +
                                right_place(kind_));
        }
        for (std::size_t i = ours + 1; kind_ == "session" && i < lines_.size(); ++i) {
            if (lines_[i].module.ends_with("pam_systemd.so"))
                findings_.wrong(lines_[ours].place() + ": comes before pam_systemd.so (" + lines_[i].place() +
                                "), which names the session; put our line " + right_place(kind_));
        }
    }

    void check_program(const std::string &path) {
        struct stat status {};
        if (::stat(path.c_str(), &status) < 0)
            findings_.wrong("the callback " + path + " is not there; 'meson install' puts it to " IPTRACKING_CALLBACK);
        else if (!S_ISREG(status.st_mode) || (status.st_mode & 0111) == 0)
            findings_.wrong("the callback " + path + " cannot be run", "chmod 0755 " + path);
        else if (status.st_uid != 0 || (status.st_mode & 0022) != 0)
            findings_.wrong("others than root may change the callback, which root runs",
                            "chown root:root " + path + "; chmod 0755 " + path);
    }

    const std::string &file_, &kind_;
    Findings &findings_;
    std::vector<PamLine> lines_;
};

} // namespace

void check_pam(const std::string &file, Findings &findings) {
    for (const std::string kind : {"auth", "account", "session"}) {
        try {
            StackCheck(file, kind, findings).run();
        } catch (const Error &error) {
            findings.wrong(error.what());
            return;
        }
    }
}

} // namespace iptracking
