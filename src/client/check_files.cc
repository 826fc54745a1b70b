// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/directories.h"
#include "base/error.h"
#include "client/check.h"
#include "query/asked_database.h"
#include "query/no_right.h"

#include <cerrno>
#include <cstring>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <sys/stat.h>

namespace iptracking {
namespace {

constexpr char daemon_user[] = "iptracking";

struct Owner {
    uid_t uid = 0;
    gid_t gid = 0;
};

std::optional<Owner> the_daemon() {
    const struct passwd *const user = ::getpwnam(daemon_user);
    return user ? std::optional(Owner{user->pw_uid, user->pw_gid}) : std::nullopt;
}

/// nullopt: it is not there, or cannot be seen, which is said.
std::optional<struct stat> look_at(const std::string &path, Findings &findings) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0)
        return status;
    if (errno != ENOENT)
        findings.unseen("'" + path + "': " + std::strerror(errno));
    return std::nullopt;
}

std::string in_words(const struct stat &status) {
    const struct passwd *const user = ::getpwuid(status.st_uid);
    const struct group *const group = ::getgrgid(status.st_gid);
    char mode[8];
    std::snprintf(mode, sizeof(mode), "%04o", static_cast<unsigned>(status.st_mode & 07777));
    return (user ? user->pw_name : std::to_string(status.st_uid)) + ":" +
           (group ? group->gr_name : std::to_string(status.st_gid)) + " " + mode;
}

bool may_read(const Owner &who, const struct stat &status) {
    const mode_t bit = who.uid == status.st_uid ? 0400 : who.gid == status.st_gid ? 0040 : 0004;
    return (status.st_mode & bit) != 0;
}

bool may_write(const Owner &who, const struct stat &status) {
    const mode_t bit = who.uid == status.st_uid ? 0200 : who.gid == status.st_gid ? 0020 : 0002;
    return (status.st_mode & bit) != 0;
}

std::string give_to_daemon(const std::string &path) {
    return "chown iptracking:iptracking " + path;
}

bool has_password(const Config &config) {
    const auto *postgres = std::get_if<PostgresConfig>(&config.driver);
    return postgres && (postgres->keywords.count("password") || postgres->client.count("password") ||
                        postgres->admin.count("password"));
}

void check_config_file(const std::string &file, const std::optional<Config> &config, Findings &findings) {
    const auto status = look_at(file, findings);
    if (!status)
        return;
    const std::string mends = "chown root:iptracking " + file + "; chmod 0640 " + file;
    if (status->st_uid != 0 || (status->st_mode & 0022) != 0)
        findings.wrong(file + " (" + in_words(*status) + ") can be changed by others than root", mends);
    if (const auto daemon = the_daemon(); daemon && !may_read(*daemon, *status))
        findings.wrong(file + " (" + in_words(*status) + ") cannot be read by the daemon", mends);
    if (config && has_password(*config) && (status->st_mode & 0004) != 0)
        findings.wrong(file + " (" + in_words(*status) + ") holds a password and everybody can read it", mends);
}

void check_pipe(const std::string &fifo, Findings &findings) {
    const auto status = look_at(fifo, findings);
    findings.fact("pipe", fifo + (status ? " (" + in_words(*status) + ")" : " is not there"));
    const std::string mends = "systemd-tmpfiles --create iptracking.conf; systemctl restart iptracking.socket";
    if (!status)
        findings.wrong("there is no pipe " + fifo, mends);
    else if (!S_ISFIFO(status->st_mode))
        findings.wrong(fifo + " is no pipe", "rm " + fifo + "; " + mends);
    else if ((status->st_mode & 0002) != 0)
        findings.wrong("anybody may write events to " + fifo, "chmod o-w " + fifo);
}

void check_folder(const std::string &folder, Findings &findings) {
    const auto status = look_at(folder, findings);
    findings.fact("state folder",
                  folder + (status ? " (" + in_words(*status) + ")" : " is not there: the daemon makes it"));
    if (!status)
        return;
    const auto daemon = the_daemon();
    if (daemon && !may_write(*daemon, *status))
        findings.wrong(folder + " (" + in_words(*status) + ") cannot be written by the daemon",
                       give_to_daemon("-R " + folder));
    if ((status->st_mode & 0002) != 0)
        findings.wrong("anybody may write to " + folder, "chmod 0750 " + folder);
}

/// The file of a database, and what SQLite puts beside it.  False: not all is the daemon's.
bool check_database_files(const std::string &file, Findings &findings) {
    const auto daemon = the_daemon();
    std::string not_the_daemons, readable;
    for (const char *suffix : {"", "-wal", "-shm"}) {
        const std::string path = file + suffix;
        const auto status = look_at(path, findings);
        if (status && daemon && !may_write(*daemon, *status))
            not_the_daemons.append(not_the_daemons.empty() ? "" : " ").append(path);
        if (status && (status->st_mode & 0006) != 0)
            readable.append(readable.empty() ? "" : " ").append(path);
    }
    if (!not_the_daemons.empty())
        findings.wrong(not_the_daemons + " cannot be written by the daemon", give_to_daemon(not_the_daemons));
    if (!readable.empty())
        findings.wrong("anybody may read " + readable, "chmod o= " + readable);
    return not_the_daemons.empty();
}

void check_database(const Config &config, Findings &findings) {
    std::string file;
    if (const auto *sqlite = std::get_if<SqliteConfig>(&config.driver); sqlite && sqlite->flags.empty())
        file = sqlite->filename;
    if (const auto *csv = std::get_if<CsvConfig>(&config.driver))
        file = csv->filename;
    if (struct stat status{}; !file.empty() && ::stat(file.c_str(), &status) < 0 && errno == ENOENT) {
        findings.fact("database", file + " is not there yet: the daemon makes it");
        return;
    }
    // SQLite, called by root, would give -wal and -shm to the owner of the file, whoever that is.
    if (!file.empty() && !check_database_files(file, findings))
        return;
    try {
        findings.fact("database", open_asked_database(config)->target());
    } catch (const Error &error) {
        findings.wrong(error.what());
    }
}

} // namespace

std::optional<Config> check_config(const Called &called, Findings &findings) {
    const std::string &file = called.config.file;
    std::optional<Config> config;
    try {
        if (called.may_read()) {
            const ChosenConfig read = read_config(called.config, state_directory());
            findings.fact("configuration", file + (read.from_file ? "" : " is not there: the defaults hold"));
            config = read.config;
        } else {
            findings.unseen(no_right_to_read(file).what());
        }
    } catch (const Error &error) {
        findings.wrong(error.what());
    }
    check_config_file(file, config, findings);
    return config;
}

void check_files(const Config &config, Findings &findings) {
    if (!the_daemon())
        findings.wrong("there is no user " + std::string(daemon_user) + " for the daemon",
                       "systemd-sysusers iptracking.conf");
    check_pipe(config.fifo_file, findings);
    check_folder(state_directory(), findings);
    check_database(config, findings);
}

} // namespace iptracking
