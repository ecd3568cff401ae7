// Demos of the mechanism itself: who has the list, when you are told, timers, wake-ups.

#include "event_loop.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ladder::event_loop {

namespace {

using namespace std::chrono_literals;
using clock = reactor::clock;
using processes::unique_fd;

std::array<unique_fd, 2> connected_sockets() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                     ends.data()) != 0)
        throw std::system_error{errno, std::generic_category(), "socketpair"};
    return {unique_fd{ends[0]}, unique_fd{ends[1]}};
}

/// Sends ten bytes and reads four of them each time it is told.
void read_in_fours(std::uint32_t trigger) {
    const auto ends = connected_sockets();
    const int socket = ends[0].get();
    reactor loop;
    int told = 0, read = 0;
    loop.watch(socket, EPOLLIN | trigger, [&](std::uint32_t) {
        std::array<char, 4> bytes{};
        const auto size = ::recv(socket, bytes.data(), bytes.size(), 0);
        ++told;
        read += size > 0 ? static_cast<int>(size) : 0;
    });
    loop.call_at(clock::now() + 50ms, [&] { loop.stop(); });
    if (::send(ends[1].get(), "ten bytes.", 10, 0) != 10)
        throw std::runtime_error{"a socket without room for ten bytes"};
    loop.run();
    fmt::print("{:<6} times told: {}   bytes read: {:>2} of 10\n",
               trigger == 0 ? "level" : "edge", told, read);
}

} // namespace

int show_memory() {
    const unique_fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    void* shared = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, epoll.get(), 0);
    fmt::print("mmap of the epoll descriptor: {}\n",
               shared == MAP_FAILED ? std::generic_category().message(errno) : "works");

    epoll_event event{.events = EPOLLOUT, .data = {.u64 = 42}};
    const auto ends = connected_sockets();
    ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, ends[0].get(), &event);
    auto* nowhere = reinterpret_cast<epoll_event*>(8); // no memory of ours is there
    const long result = ::syscall(SYS_epoll_wait, epoll.get(), nowhere, 1, 0);
    fmt::print("epoll_wait into memory that is not there: {}\n",
               result < 0 ? std::generic_category().message(errno) : "works");
    ::epoll_wait(epoll.get(), &event, 1, 0);
    fmt::print("epoll_wait into ours: {} was copied to it\n",
               std::uint64_t{event.data.u64});
    return 0;
}

int show_edge() {
    read_in_fours(0);
    read_in_fours(EPOLLET);
    return 0;
}

int show_timers() {
    reactor loop;
    const auto start = clock::now();
    const auto say = [&](const char* what) {
        return [what] { fmt::print("{}\n", what); };
    };
    loop.call_at(start + 30ms, say("the third, made first"));
    loop.call_at(start + 10ms, say("the first"));
    const auto never = loop.call_at(start + 15ms, say("never"));
    loop.call_at(start + 20ms, say("the second"));
    loop.call_at(start + 20ms, say("the same time, made later"));
    loop.cancel(never);
    loop.call_at(start + 40ms, [&] { loop.stop(); });
    loop.run();
    fmt::print("times it asked the kernel: {}\n", loop.waits());
    return 0;
}

int show_wake_up() {
    reactor loop; // no timer, no socket: it would wait for ever
    std::jthread other{[&loop, main = std::this_thread::get_id()] {
        for (int i = 1; i <= 3; ++i)
            loop.post([i, main] {
                fmt::print("{}: in the thread of the loop: {}\n", i,
                           std::this_thread::get_id() == main);
            });
        loop.post([&loop] { loop.stop(); });
    }};
    loop.run();
    return 0;
}

} // namespace ladder::event_loop
