#include "mariadb_server.hpp"

#include "processes/pipe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ladder::five_hundred_databases {

using processes::child_process;
using processes::unique_fd;

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

server_user find_server_user() {
    if (::getuid() != 0) return {::getuid(), ::getgid()};
    for (const char* name : {"mysql", "nobody"})
        if (const passwd* found = ::getpwnam(name)) return {found->pw_uid, found->pw_gid};
    throw std::runtime_error{
        "MariaDB refuses to run as root, and there is no user mysql or nobody"};
}

data_folder::data_folder(const server_user& owner) {
    const std::string temporary = folder_ / "tmp";
    std::filesystem::create_directory(temporary);
    for (const std::string& one : {folder_.path(), temporary})
        if (::chown(one.c_str(), owner.uid, owner.gid) != 0)
            throw std::system_error{errno, std::generic_category(), one};
    ::setenv("TMPDIR", temporary.c_str(), 1);
}

child_process start_as(const server_user& who, const std::vector<std::string>& argv,
                       int output) {
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
        processes::exec(argv, output);
    });
}

unique_fd ending_signals() {
    sigset_t ends;
    ::sigemptyset(&ends);
    for (const int one : {SIGTERM, SIGINT, SIGHUP})
        ::sigaddset(&ends, one);
    ::sigprocmask(SIG_BLOCK, &ends, nullptr);
    return unique_fd{::signalfd(-1, &ends, SFD_CLOEXEC)};
}

std::string essence(const std::string& text) {
    const auto error = text.find("ERROR");
    const auto at = error != text.npos ? error : text.find_last_not_of('\n');
    if (at == text.npos) return "it said nothing";
    const auto begin = text.rfind('\n', at) + 1; // npos + 1 is the beginning
    return text.substr(begin, text.find('\n', at) - begin);
}

void install_server(const server_user& who, const std::string& data,
                    const std::vector<std::string>& options) {
    auto [from, to] = processes::make_pipe();
    std::vector<std::string> argv{
        find_program("mariadb-install-db"),
        "--no-defaults",
        "--datadir=" + data,
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--force", // also where this machine's own name leads nowhere
        "--skip-name-resolve"};
    argv.insert(argv.end(), options.begin(), options.end());
    auto installing = start_as(who, argv, to.get());
    to.reset();
    const std::string said = processes::read_all(from.get());
    if (!installing.wait().success())
        throw std::runtime_error{"mariadb-install-db: " + essence(said)};
}

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

} // namespace ladder::five_hundred_databases
