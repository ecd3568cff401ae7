// Where threads meet in rungs 09 and 10: at the loop, to which they post what is to be
// called there, and in a strand.

#include "event_loop/event_loop.cpp" // compiled for this, too
#include "in_every_order.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstddef>
#include <thread>

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

using ladder::require;
namespace asio = boost::asio;

// The loop and the threads meet at an eventfd, too, and nobody sees who sleeps in the
// kernel. So these three go by what threads share: another thread may come in before each
// of them, and whoever waits for events sleeps until something was written.
namespace {

std::atomic<int> writes = 0;

} // namespace

extern "C" ssize_t read(int fd, void* to, std::size_t size) {
    std::this_thread::yield();
    return ::syscall(SYS_read, fd, to, size);
}

extern "C" ssize_t write(int fd, const void* from, std::size_t size) {
    std::this_thread::yield();
    const ssize_t written = ::syscall(SYS_write, fd, from, size);
    ++writes;
    writes.notify_all();
    return written;
}

extern "C" int epoll_wait(int fd, epoll_event* events, int most, int) {
    while (true) {
        const int seen = writes;
        const auto count = ::syscall(SYS_epoll_wait, fd, events, most, 0);
        if (count != 0) return static_cast<int>(count);
        writes.wait(seen);
    }
}

IN_EVERY_ORDER("in every order, what threads post is called, each once, in the loop") {
    ladder::event_loop::reactor loop;
    const auto me = std::this_thread::get_id();
    int a = 0, b = 0; // of the loop's thread
    const auto called = [&](int& count) {
        require(std::this_thread::get_id() == me, "it is called in another thread");
        ++count;
        if (a + b == 2) loop.stop();
    };
    std::thread one{[&] { loop.post([&] { called(a); }); }};
    std::thread other{[&] { loop.post([&] { called(b); }); }};
    loop.run();
    one.join();
    other.join();
    require(a == 1 && b == 1, "one is called twice, and the other one is lost");
}

namespace {

int counted_in(bool strand) {
    int number = 0;
    asio::thread_pool pool{2};
    const auto count = [&] {
        const int seen = number;
        number = seen + 1;
    };
    if (strand) {
        const auto in_turn = asio::make_strand(pool);
        asio::post(in_turn, count);
        asio::post(in_turn, count);
    } else {
        asio::post(pool, count);
        asio::post(pool, count);
    }
    pool.join();
    return number;
}

} // namespace

IN_EVERY_ORDER("in every order, a strand lets one handler run after the other") {
    require(counted_in(true) == 2, "two ran at the same time");
}

TEST_CASE("in some order, two handlers of a pool lose a count") {
    const auto report = ladder::explore({.preemptions = 1}, [] { counted_in(false); });
    CHECK(report.failure.find("data race") != std::string::npos);
}
