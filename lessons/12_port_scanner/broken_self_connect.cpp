// Deliberately wrong: takes every connection for an open port. Now and then the kernel
// gives a socket, as its own, the very port that it is to ask; then it calls itself.

#include "loopback_ports.hpp"
#include "processes/unique_fd.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <fstream>

#include <netinet/in.h>
#include <sys/socket.h>

using ladder::processes::unique_fd;

namespace {

constexpr int scans = 100; // it takes one or two

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

bool is_open(const unique_fd& socket, std::uint16_t port) {
    const sockaddr_in address = loopback(port);
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                     sizeof address) == 0;
}

unique_fd new_socket() {
    return unique_fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
}

} // namespace

int main() {
    ladder::port_scanner::enter_own_network(); // or who listens here is called, too
    int first = 32'768, last = 60'999; // the ports that the kernel gives to callers
    std::ifstream{"/proc/sys/net/ipv4/ip_local_port_range"} >> first >> last;
    const auto taken = ladder::port_scanner::ports_in_use();

    for (int i = 0; i < scans * (last - first + 1); ++i) {
        const auto port = static_cast<std::uint16_t>(first + i % (last - first + 1));
        const unique_fd socket = new_socket();
        if (taken.contains(port) || !is_open(socket, port)) continue;

        sockaddr_in own{};
        socklen_t size = sizeof own;
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size);
        if (ntohs(own.sin_port) != port) continue; // somebody has just begun to listen
        fmt::print("port {} is open\nwho asked: port {}\n", port, ntohs(own.sin_port));
        fmt::print("asked again, from another port: {}\n",
                   is_open(new_socket(), port) ? "open" : "refused");
        return 0;
    }
    fmt::print("no luck in {} scans\n", scans);
}
