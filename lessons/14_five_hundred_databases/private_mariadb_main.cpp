// private_mariadb: keeps a MariaDB of its own, and leaves nothing behind. It needs the
// server's binaries only. It makes a data folder in the temporary directory, starts the
// server on five hundred loopback addresses and a free port, says so in one line, and
// waits for the end of its standard input, a signal, or the end of the server. Then it
// kills the server and removes the folder. `--check` says whether all that is possible.

#include "mariadb_server.hpp"
#include "processes/pipe.hpp"
#include "question.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

using namespace ladder::five_hundred_databases;
using ladder::processes::unique_fd;

namespace {

constexpr int most_connections = 700; // more than there are hosts

std::vector<std::string> command_line(const std::string& folder, std::uint16_t port) {
    std::string addresses = host(0);
    for (std::size_t i = 1; i < all_hosts; ++i)
        addresses += ',' + host(i);
    return {find_program("mariadbd"),
            "--no-defaults",
            "--datadir=" + folder,
            "--init-file=" + folder + "/init.sql",
            "--socket=" + folder + "/socket",
            "--pid-file=" + folder + "/pid",
            fmt::format("--port={}", port),
            "--bind-address=" + addresses,
            fmt::format("--max-connections={}", most_connections),
            fmt::format("--back-log={}", most_connections),
            "--connect-timeout=60", // also on a machine that does other work
            fmt::format("--thread-cache-size={}", most_connections),
            "--skip-name-resolve",
            "--skip-innodb",
            "--default-storage-engine=Aria"};
}

/// What a descriptor has to say just now; false at its end.
bool read_some(int from, std::string& text) {
    std::array<char, 4096> room{};
    const ssize_t size = ::read(from, room.data(), room.size());
    if (size > 0) text.append(room.data(), static_cast<std::size_t>(size));
    return size > 0 || (size < 0 && errno == EINTR);
}

enum class ended { by_itself, by_owner };

/// Serves one server until it or we have to end. `said` has its last words.
ended serve(const server_user& who, const std::string& data, int signals,
            std::string& said) {
    const std::uint16_t port = free_port();
    auto log = ladder::processes::make_pipe();
    const auto server = start_as(who, command_line(data, port), log.write.get());
    log.write.reset();
    bool ready = false;
    for (;;) {
        std::array<pollfd, 3> wait{pollfd{STDIN_FILENO, POLLIN, 0},
                                   pollfd{signals, POLLIN, 0},
                                   pollfd{log.read.get(), POLLIN, 0}};
        if (::poll(wait.data(), wait.size(), -1) < 0) continue;
        if (wait[0].revents != 0 || wait[1].revents != 0) return ended::by_owner;
        if (!read_some(log.read.get(), said)) return ended::by_itself;
        if (ready) said.clear(); // nobody reads what it says later
        if (ready || said.find("ready for connections") == said.npos) continue;
        ready = true;
        auto version = said.substr(said.find("Version: '") + 10);
        version = version.substr(0, version.find_first_of("-'"));
        fmt::print("ready: port {}, pid {}, MariaDB {}\n", port, server.pid(), version);
        std::fflush(stdout);
    }
}

int keep(const server_user& who, int signals) {
    const data_folder data{who};
    install_server(who, data.path(), {"--skip-innodb", "--default-storage-engine=Aria"});
    std::ofstream{data.path() + "/init.sql"}
        << "create user ladder@'127.%';\n"
           "grant reload on *.* to ladder@'127.%';\n";
    for (int tries = 0; tries < 10; ++tries) {
        std::string said;
        if (serve(who, data.path(), signals, said) == ended::by_owner) return 0;
        if (said.find(port_is_taken) == said.npos)
            throw std::runtime_error{"mariadbd ended: " + essence(said)};
    }
    throw std::runtime_error{"mariadbd finds no free port"};
}

} // namespace

int main(int argc, char** argv) try {
    const bool check = argc == 2 && std::string_view{argv[1]} == "--check";
    if (argc > 1 && !check) {
        fmt::print(stderr, "private_mariadb takes --check or nothing\n");
        return 2;
    }
    find_program("mariadbd");
    find_program("mariadb-install-db");
    const server_user who = find_server_user();
    if (check) return 0;

    const unique_fd signals = ending_signals();
    return keep(who, signals.get());
} catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    return 1;
}
