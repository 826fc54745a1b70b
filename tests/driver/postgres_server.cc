// SPDX-License-Identifier: GPL-2.0-or-later
#include "driver/postgres_server.h"

#include "base/error.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace iptracking::test {
namespace {

namespace fs = std::filesystem;

/// The schema, in its versions.
constexpr const char *schema_files[] = {IPTRACKING_POSTGRESQL_SCHEMA_FILES};

std::string read(const char *file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

PostgresServer &PostgresServer::get() {
    static PostgresServer server;
    return server;
}

PostgresServer::PostgresServer() {
    char name[] = "/tmp/iptracking-postgres-XXXXXX";
    if (!::mkdtemp(name))
        throw_errno(errno, "cannot make a temporary folder");
    folder_ = name;
    fs::permissions(folder_, fs::perms::all); // of postgres
    run("initdb",
        "--pgdata=" + folder_ + "/data --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync");
    // What a test does to it is not to survive a power cut.
    std::ofstream(folder_ + "/data/postgresql.conf", std::ios::app)
        << "fsync = off\nlisten_addresses = ''\nunix_socket_directories = '" << folder_ << "'\n";
    start();
    connect("postgres").execute("CREATE DATABASE with_schema");
    postgres::Connection connection = connect("with_schema");
    for (const char *file : schema_files)
        connection.execute(read(file));
    connection.execute("CREATE ROLE iptracking LOGIN IN ROLE iptracking_writer");
}

PostgresServer::~PostgresServer() {
    try {
        stop();
    } catch (const std::exception &) { // a test has stopped it
    }
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

void PostgresServer::start() {
    run("pg_ctl", "start --wait --pgdata=" + folder_ + "/data --log=" + folder_ + "/log");
}

void PostgresServer::stop() {
    run("pg_ctl", "stop --wait --mode=immediate --pgdata=" + folder_ + "/data");
}

void PostgresServer::make_database(const std::string &name) {
    copy_database("with_schema", name);
}

void PostgresServer::drop_database(const std::string &name) {
    connect("postgres").execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
}

void PostgresServer::copy_database(const std::string &from, const std::string &to) {
    connect("postgres").execute("CREATE DATABASE " + to + " TEMPLATE " + from);
}

postgres::Connection PostgresServer::connect(const std::string &database) const {
    return postgres::Connection::open(keywords(database, "postgres"));
}

postgres::Keywords PostgresServer::keywords(const std::string &database, const std::string &user) const {
    return {{"host", folder_}, {"dbname", database}, {"user", user}};
}

/// PostgreSQL refuses to run as root.
void PostgresServer::run(const std::string &program, const std::string &arguments) const {
    const std::string who = ::geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --init-groups " : "";
    const std::string command = "cd " + folder_ + " && " + who + "\"$(pg_config --bindir)\"/" + program + " " +
                                arguments + " >>" + folder_ + "/said 2>&1 </dev/null";
    if (std::system(command.c_str()) != 0)
        throw Error(program + " failed: " + read((folder_ + "/said").c_str()));
}

} // namespace iptracking::test
