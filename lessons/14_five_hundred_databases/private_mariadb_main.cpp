// private_mariadb: keeps a MariaDB of its own, and leaves nothing behind. It needs the
// server's binaries only. It makes a data folder in the temporary directory, starts the
// server on five hundred loopback addresses and a free port, says so in one line, and
// waits for the end of its standard input, a signal, or the end of the server. Then it
// kills the server and removes the folder. `--check` says whether all that is possible.

#include "processes/child_process.hpp"
#include "processes/pipe.hpp"
#include "question.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace ladder::five_hundred_databases;
using ladder::processes::child_process;
using ladder::processes::unique_fd;
namespace fs = std::filesystem;

namespace {

constexpr int most_connections = 700; // more than there are hosts

/// Where a program of the server is; it is often in /usr/sbin, which not everybody's
/// PATH has.
std::string find_program(const std::string& name) {
    std::string folders = "/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin";
    if (const char* path = std::getenv("PATH")) folders = path + (':' + folders);
    for (std::size_t begin = 0; begin < folders.size();) {
        const auto end = std::min(folders.find(':', begin), folders.size());
        std::string file = folders.substr(begin, end - begin) + '/' + name;
        if (end > begin && ::access(file.c_str(), X_OK) == 0) return file;
        begin = end + 1;
    }
    throw std::runtime_error{
        fmt::format("there is no {} here; ./learn install database brings one", name)};
}

/// Who the server is to be. It refuses to be root.
struct user {
    uid_t uid = ::getuid();
    gid_t gid = ::getgid();
};

user find_user() {
    if (::getuid() != 0) return {};
    for (const char* name : {"mysql", "nobody"})
        if (const passwd* found = ::getpwnam(name)) return {found->pw_uid, found->pw_gid};
    throw std::runtime_error{
        "MariaDB refuses to run as root, and there is no user mysql or nobody"};
}

class data_folder {
public:
    explicit data_folder(const user& owner) {
        // Servers with one folder for temporary tables delete each other's.
        const std::string temporary = folder_ / "tmp";
        fs::create_directory(temporary);
        for (const std::string& one : {folder_.path(), temporary})
            if (::chown(one.c_str(), owner.uid, owner.gid) != 0)
                throw std::system_error{errno, std::generic_category(), one};
        ::setenv("TMPDIR", temporary.c_str(), 1);
    }

    const std::string& path() const { return folder_.path(); }

private:
    ladder::temporary_folder folder_{"ladder-mariadb-"};
};

/// Runs a program as that user; it is killed when we die. Its output goes to `output`.
child_process start(const user& who, const std::vector<std::string>& argv, int output) {
    const pid_t parent = ::getpid();
    return child_process::fork([&]() -> int {
        if (::getuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setgid(who.gid) != 0 ||
                                ::setuid(who.uid) != 0))
            throw std::system_error{errno, std::generic_category(), "setuid"};
        // After setuid, which clears it (prctl(2)): the reason why the server's own
        // option --user is not used here.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) return 1;
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
        ::dup2(output, STDOUT_FILENO);
        ::dup2(output, STDERR_FILENO);
        std::vector<char*> arguments;
        arguments.reserve(argv.size() + 1);
        for (const std::string& one : argv)
            arguments.push_back(const_cast<char*>(one.c_str()));
        arguments.push_back(nullptr);
        ::execv(arguments[0], arguments.data());
        throw std::system_error{errno, std::generic_category(), argv[0]};
    });
}

/// Of all that it said the line with the error; the last one, if none has one.
std::string essence(const std::string& text) {
    const auto error = text.find("ERROR");
    const auto at = error != text.npos ? error : text.find_last_not_of('\n');
    if (at == text.npos) return "it said nothing";
    const auto begin = text.rfind('\n', at) + 1; // npos + 1 is the beginning
    return text.substr(begin, text.find('\n', at) - begin);
}

void install(const user& who, const std::string& data) {
    auto [from, to] = ladder::processes::make_pipe();
    auto installing =
        start(who,
              {find_program("mariadb-install-db"), "--no-defaults", "--datadir=" + data,
               "--auth-root-authentication-method=normal", "--skip-test-db",
               "--force", // also where this machine's own name leads nowhere
               "--skip-name-resolve", "--skip-innodb", "--default-storage-engine=Aria"},
              to.get());
    to.reset();
    const std::string said = ladder::processes::read_all(from.get());
    if (!installing.wait().success())
        throw std::runtime_error{"mariadb-install-db: " + essence(said)};
}

/// One that is free on every address. Somebody may be quicker, so the server is started
/// again with another one when it says that it could not bind.
std::uint16_t free_port() {
    const unique_fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in any{};
    any.sin_family = AF_INET;
    socklen_t size = sizeof any;
    auto* address = reinterpret_cast<sockaddr*>(&any);
    if (::bind(socket.get(), address, size) != 0 ||
        ::getsockname(socket.get(), address, &size) != 0)
        throw std::system_error{errno, std::generic_category(), "no free port"};
    return ntohs(any.sin_port);
}

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
ended serve(const user& who, const std::string& data, int signals, std::string& said) {
    const std::uint16_t port = free_port();
    auto log = ladder::processes::make_pipe();
    const auto server = start(who, command_line(data, port), log.write.get());
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

int keep(const user& who, int signals) {
    const data_folder data{who};
    install(who, data.path());
    std::ofstream{data.path() + "/init.sql"}
        << "create user ladder@'127.%';\n"
           "grant reload on *.* to ladder@'127.%';\n";
    for (int tries = 0; tries < 10; ++tries) {
        std::string said;
        if (serve(who, data.path(), signals, said) == ended::by_owner) return 0;
        if (said.find("Address already in use") == said.npos)
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
    const user who = find_user();
    if (check) return 0;

    sigset_t ends;
    ::sigemptyset(&ends);
    for (const int one : {SIGTERM, SIGINT, SIGHUP})
        ::sigaddset(&ends, one);
    ::sigprocmask(SIG_BLOCK, &ends, nullptr);
    const unique_fd signals{::signalfd(-1, &ends, SFD_CLOEXEC)};
    return keep(who, signals.get());
} catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    return 1;
}
