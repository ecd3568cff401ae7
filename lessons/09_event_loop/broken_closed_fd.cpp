// Deliberately wrong: finds the callback by the number of the descriptor. The kernel
// gives a number that was closed to the next one who asks, and what was reported for the
// old descriptor is delivered to the new one.

#include "processes/unique_fd.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <map>
#include <system_error>

#include <sys/epoll.h>
#include <sys/socket.h>

using ladder::processes::unique_fd;

namespace {

struct connection {
    std::string name;
    unique_fd ours, server;
};

connection connect(const std::string& name) {
    std::array<int, 2> ends{-1, -1};
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data());
    return {name, unique_fd{ends[0]}, unique_fd{ends[1]}};
}

} // namespace

int main() {
    const unique_fd epoll{::epoll_create1(0)};
    std::map<int, connection> connections; // by number: here is the mistake
    const auto add = [&](const std::string& name) -> connection& {
        connection c = connect(name);
        const int fd = c.ours.get();
        epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
        ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event);
        return connections[fd] = std::move(c);
    };
    for (const char* name : {"a", "b"}) {
        const connection& c = add(name);
        if (::send(c.server.get(), "x", 1, 0) != 1) return 1;
    }

    std::array<epoll_event, 8> ready{};
    const int count = ::epoll_wait(epoll.get(), ready.data(), ready.size(), -1);
    fmt::print("{} are ready\n", count);
    for (int i = 0; i < count; ++i) {
        const int fd = ready[i].data.fd;
        const connection& c = connections.at(fd);
        char byte = 0;
        const auto size = ::recv(fd, &byte, 1, 0);
        fmt::print("{}: reported as ready; recv says: {}\n", c.name,
                   size == 1 ? "a byte" : std::generic_category().message(errno));
        if (i > 0) continue;
        const int other = ready[1].data.fd;
        fmt::print("{} closes {}, and opens c\n", c.name, connections.at(other).name);
        connections.erase(other);
        const bool same = add("c").ours.get() == other;
        fmt::print("c has {} number\n", same ? "the same" : "another");
    }
}
