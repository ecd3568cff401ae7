// What it costs to wait for one socket among many that are idle: select(2), poll(2) and
// epoll(7), each told about all of them.

#include "processes/unique_fd.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/option_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <string>
#include <system_error>
#include <vector>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>

using ladder::processes::unique_fd;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

unique_fd checked(int fd) {
    if (fd < 0) throw std::system_error{errno, std::generic_category(), "socket"};
    return unique_fd{fd};
}

/// One byte goes to and fro between `active` and `peer`; the others never get anything.
struct sockets {
    explicit sockets(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            idle.push_back(checked(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
        std::array<int, 2> ends{-1, -1};
        ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data());
        active = checked(ends[0]);
        peer = checked(ends[1]);
    }

    std::vector<unique_fd> idle;
    unique_fd active, peer;
};

/// Microseconds for a byte: it is sent, waited for among all the others, and received.
std::string microseconds(const sockets& s, const std::function<bool()>& wait) {
    long rounds = 0;
    const auto start = steady_clock::now();
    auto now = start;
    for (; now < start + 100ms; now = steady_clock::now(), ++rounds) {
        char byte = 0;
        if (::send(s.peer.get(), &byte, 1, 0) != 1 || !wait() ||
            ::recv(s.active.get(), &byte, 1, 0) != 1)
            throw std::runtime_error{"the byte did not arrive"};
    }
    const std::chrono::duration<double, std::micro> time = now - start;
    return fmt::format("{:.1f} µs", time.count() / static_cast<double>(rounds));
}

std::string with_select(const sockets& s) {
    fd_set all;
    FD_ZERO(&all);
    const int last = std::max(s.active.get(), s.peer.get());
    if (last >= FD_SETSIZE) return "cannot"; // it is a bitmap of 1,024
    for (const unique_fd& fd : s.idle)
        FD_SET(fd.get(), &all);
    FD_SET(s.active.get(), &all);
    return microseconds(s, [&] {
        fd_set ready = all; // it overwrites what it is given
        return ::select(last + 1, &ready, nullptr, nullptr, nullptr) == 1;
    });
}

std::string with_poll(const sockets& s) {
    std::vector<pollfd> all;
    for (const unique_fd& fd : s.idle)
        all.push_back({.fd = fd.get(), .events = POLLIN, .revents = 0});
    all.push_back({.fd = s.active.get(), .events = POLLIN, .revents = 0});
    return microseconds(s, [&] { return ::poll(all.data(), all.size(), -1) == 1; });
}

std::string with_epoll(const sockets& s) {
    const unique_fd epoll = checked(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event event{.events = EPOLLIN, .data = {}};
    for (const unique_fd& fd : s.idle)
        ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd.get(), &event);
    ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, s.active.get(), &event);
    return microseconds(s, [&] { return ::epoll_wait(epoll.get(), &event, 1, -1) == 1; });
}

} // namespace

int main(int argc, char** argv) {
    ladder::option_parser options{"bench_poll",
                                  "What it costs to wait for one of many sockets."};
    if (const auto status = options.parse(argc, argv)) return *status;
    const std::size_t limit = ladder::raise_descriptor_limit();
    fmt::print("a byte, among so many idle sockets\n\n{:>7}  {:>11}  {:>11}  {:>11}\n",
               "idle", "select", "poll", "epoll");
    for (const std::size_t count : {10, 100, 1'000, 10'000}) {
        if (count + 100 > limit) {
            fmt::print("{:>7}  more than this process may have\n", count);
            continue;
        }
        const sockets s{count};
        fmt::print("{:>7}  {:>11}  {:>11}  {:>11}\n", count, with_select(s), with_poll(s),
                   with_epoll(s));
    }
}
