#include "database.hpp"

#include "processes/pipe.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <stdexcept>
#include <utility>

#include <unistd.h>

namespace ladder::five_hundred_databases {

namespace {

/// Up to the first end of a line. The programs started here say one line when they are
/// ready, or what prevents it.
std::string read_line(int from) {
    std::string line;
    for (;;) {
        char next = 0;
        const auto size = ::read(from, &next, 1);
        if (size < 0 && errno == EINTR) continue;
        if (size != 1 || next == '\n') return line;
        line += next;
    }
}

} // namespace

database::kind database::best(std::string* why) {
    const std::array argv{std::string{LADDER_BIN_DIR "/private_mariadb"},
                          std::string{"--check"}};
    auto [from, to] = processes::make_pipe();
    auto check = processes::child_process::spawn(argv, {.output = to.get()});
    to.reset();
    const std::string said = read_line(from.get());
    const bool there = check.wait().success();
    if (why) *why = there ? "" : said;
    return there ? kind::mariadb : kind::stand_in;
}

database::database(kind what) : kind_(what) {
    const std::array argv{std::string{what == kind::mariadb
                                          ? LADDER_BIN_DIR "/private_mariadb"
                                          : LADDER_BIN_DIR "/stand_in_database"}};
    auto input = processes::make_pipe();
    auto output = processes::make_pipe();
    keeper_ = processes::child_process::spawn(
        argv,
        {.input = input.read.get(), .output = output.write.get(), .own_group = true});
    life_line_ = std::move(input.write);
    output.write.reset();

    const std::string line = read_line(output.read.get());
    unsigned port = 0;
    int at = 0;
    if (std::sscanf(line.c_str(), "ready: port %u, pid %d, %n", &port, &pid_, &at) < 2) {
        life_line_.reset();
        keeper_->wait();
        throw std::runtime_error{line.empty() ? argv[0] + " said nothing" : line};
    }
    port_ = static_cast<std::uint16_t>(port);
    version_ = line.substr(static_cast<std::size_t>(at));
}

database::~database() {
    life_line_.reset(); // the keeper cleans up, and only then it is waited for
    try {
        if (keeper_) keeper_->wait();
    } catch (const std::exception&) { // somebody else has waited for it
    }
}

void database::kill() {
    if (kind_ == kind::stand_in) keeper_->kill(SIGKILL); // it is its own keeper
    life_line_.reset(); // which the keeper of a MariaDB answers with SIGKILL
    keeper_->wait();
}

std::unique_ptr<database> open_database(bool stand_in, std::FILE* out) {
    std::string why = "as you wish";
    const auto kind = stand_in ? database::kind::stand_in : database::best(&why);
    auto server = std::make_unique<database>(kind);
    if (kind == database::kind::mariadb)
        fmt::print(out, "a private {}, at 500 loopback addresses\n", server->version());
    else
        fmt::print(out,
                   "NOT a database: a stand-in that speaks the protocol over plain TCP "
                   "and only sleeps\n({})\n",
                   why);
    std::fflush(out);
    return server;
}

} // namespace ladder::five_hundred_databases
