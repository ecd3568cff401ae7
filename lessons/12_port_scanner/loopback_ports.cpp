#include "loopback_ports.hpp"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace ladder::port_scanner {

using processes::unique_fd;

namespace {

constexpr int many = 128; // connections that nobody has accepted yet

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

unique_fd new_socket() {
    unique_fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) fail("socket");
    return socket;
}

bool in_use() {
    return errno == EADDRINUSE || errno == EACCES;
}

/// Listens at a port of its choice.
std::uint16_t listen_somewhere(int socket, int backlog, std::mt19937& random,
                               std::uint16_t last = 65'535) {
    std::uniform_int_distribution<int> any{1024, last};
    for (;;) {
        const auto port = static_cast<std::uint16_t>(any(random));
        const sockaddr_in address = loopback(port);
        const auto* pointer = reinterpret_cast<const sockaddr*>(&address);
        if (::bind(socket, pointer, sizeof address) == 0) {
            if (::listen(socket, backlog) == 0) return port;
            fail("listen"); // bound once, it cannot be bound again
        }
        if (!in_use()) fail("bind");
    }
}

/// Asks twice, so that the second answer is there if there is one: is it connected?
bool connects(int socket, std::uint16_t port) {
    const sockaddr_in address = loopback(port);
    const auto* pointer = reinterpret_cast<const sockaddr*>(&address);
    for (int i = 0; i < 2; ++i)
        if (::connect(socket, pointer, sizeof address) == 0 || errno == EISCONN)
            return true;
    return false;
}

} // namespace

listeners::listeners(std::size_t count, std::mt19937& random) {
    while (sockets_.size() < count) {
        unique_fd socket = new_socket();
        ports_.insert(listen_somewhere(socket.get(), many, random));
        sockets_.push_back(std::move(socket));
    }
}

silent_ports::silent_ports(std::size_t count, std::mt19937& random, std::uint16_t last) {
    while (ports_.size() < count) {
        unique_fd listener = new_socket();
        const std::uint16_t port = listen_somewhere(listener.get(), 0, random, last);
        sockets_.push_back(std::move(listener));
        for (;;) { // until there is no room in its queue
            unique_fd caller = new_socket();
            if (!connects(caller.get(), port)) break;
            sockets_.push_back(std::move(caller));
        }
        ports_.insert(port);
    }
}

void enter_own_network() {
    if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return;
    const unique_fd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ifreq loopback{.ifr_ifrn = {"lo"}, .ifr_ifru = {}};
    loopback.ifr_flags = IFF_UP;
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &loopback) != 0) fail("loopback interface");
}

std::set<std::uint16_t> ports_in_use() {
    constexpr const char* listening = "0A";
    std::set<std::uint16_t> ports;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream file{table};
        std::string line;
        std::getline(file, line); // the heading
        while (std::getline(file, line)) {
            std::istringstream words{line};
            std::string number, local, remote, state;
            words >> number >> local >> remote >> state;
            if (state == listening)
                ports.insert(static_cast<std::uint16_t>(
                    std::stoul(local.substr(local.rfind(':') + 1), nullptr, 16)));
        }
    }
    return ports;
}

} // namespace ladder::port_scanner
