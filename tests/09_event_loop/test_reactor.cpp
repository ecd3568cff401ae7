// The loop itself: what is ready, when, in which order, and what another thread can do.

#include "event_loop/event_loop.hpp"
#include "leftovers.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace std::chrono_literals;
using ladder::event_loop::reactor;
using ladder::processes::unique_fd;
using std::chrono::steady_clock;

namespace {

struct connection {
    connection() {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                             ends.data()) == 0);
        ours = unique_fd{ends[0]};
        theirs = unique_fd{ends[1]};
    }

    void send(const std::string& bytes) const {
        REQUIRE(::send(theirs.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
    }

    std::string receive(std::size_t most) const {
        std::string bytes(most, '\0');
        const auto size = ::recv(ours.get(), bytes.data(), most, 0);
        bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return bytes;
    }

    unique_fd ours, theirs;
};

/// Lets the loop do all that it can do now.
void run_what_is_ready(reactor& loop) {
    for (int round = 0; round < 3; ++round) {
        loop.call_at(steady_clock::now(), [&] { loop.stop(); });
        loop.run();
    }
}

} // namespace

TEST_CASE("a callback is called when there is something, and not before") {
    reactor loop;
    const connection c;
    std::string got;
    loop.watch(c.ours.get(), EPOLLIN, [&](std::uint32_t) { got += c.receive(100); });
    run_what_is_ready(loop);
    CHECK(got.empty());
    c.send("hello");
    run_what_is_ready(loop);
    CHECK(got == "hello");
}

TEST_CASE("level is told as long as it is so, edge only when it becomes so") {
    for (const bool edge : {false, true}) {
        reactor loop;
        const connection c;
        int told = 0;
        loop.watch(c.ours.get(), edge ? EPOLLIN | EPOLLET : EPOLLIN, [&](std::uint32_t) {
            ++told;
            c.receive(1);
        });
        c.send("abc");
        run_what_is_ready(loop);
        CHECK(told == (edge ? 1 : 3));
        c.send("d");
        run_what_is_ready(loop);
        CHECK(told == (edge ? 2 : 4));
    }
}

TEST_CASE("what to wait for can change") {
    reactor loop;
    const connection c;
    std::uint32_t seen = 0;
    loop.watch(c.ours.get(), EPOLLIN, [&](std::uint32_t events) { seen |= events; });
    run_what_is_ready(loop);
    CHECK(seen == 0);
    loop.change(c.ours.get(), EPOLLOUT);
    run_what_is_ready(loop);
    CHECK(seen == EPOLLOUT);
}

TEST_CASE("the end of the other side is reported though nobody asked") {
    reactor loop;
    connection c;
    std::uint32_t seen = 0;
    loop.watch(c.ours.get(), 0, [&](std::uint32_t events) {
        seen |= events;
        loop.forget(c.ours.get());
    });
    c.theirs.reset();
    run_what_is_ready(loop);
    CHECK((seen & EPOLLHUP) != 0);
}

TEST_CASE("a callback may forget its own descriptor, and is gone afterwards") {
    reactor loop;
    const connection c;
    std::vector<std::string> got;
    loop.watch(c.ours.get(), EPOLLIN, [&, text = std::string(100, 'x')](std::uint32_t) {
        loop.forget(c.ours.get());
        got.push_back(text); // what it captured is still there
    });
    c.send("abc");
    run_what_is_ready(loop);
    CHECK(got.size() == 1);
    loop.forget(c.ours.get()); // again: nothing
}

TEST_CASE("what was reported for a closed descriptor does not reach its successor") {
    reactor loop;
    std::array<connection, 2> both;
    connection successor;
    int closed = -1;
    std::vector<std::string> called;
    const auto close_other = [&](connection& mine, connection& other) {
        called.emplace_back("a first one");
        loop.forget(mine.ours.get());
        closed = other.ours.get();
        loop.forget(closed);
        other.ours.reset();
        successor.ours.reset(::dup(successor.theirs.get())); // the lowest free number
        REQUIRE(successor.ours.get() == closed);
        loop.watch(closed, EPOLLIN, [&](std::uint32_t) { called.emplace_back("heir"); });
    };
    successor.ours.reset();
    // The number that was free is taken, so that the closed one is the lowest.
    const unique_fd filler{::dup(successor.theirs.get())};
    for (std::size_t i = 0; i < 2; ++i) {
        loop.watch(both[i].ours.get(), EPOLLIN,
                   [&, i](std::uint32_t) { close_other(both[i], both[1 - i]); });
        both[i].send("x");
    }
    loop.call_at(steady_clock::now(), [&] { loop.stop(); });
    loop.run(); // one wait reports both
    CHECK(called == std::vector<std::string>{"a first one"});
}

TEST_CASE("timers come in the order of their times, and then of their making") {
    reactor loop;
    std::vector<int> order;
    const auto start = steady_clock::now();
    for (const int ms : {3, 1, 2})
        loop.call_at(start + ms * 1ms, [&, ms] { order.push_back(ms); });
    for (const int i : {21, 22, 23})
        loop.call_at(start + 2ms, [&, i] { order.push_back(i); });
    loop.call_at(start + 4ms, [&] { loop.stop(); });
    loop.run();
    CHECK(order == std::vector{1, 2, 21, 22, 23, 3});
    CHECK(steady_clock::now() >= start + 4ms);
}

TEST_CASE("a cancelled timer does not come, even if it is due") {
    reactor loop;
    std::vector<char> order;
    const auto now = steady_clock::now();
    reactor::timer b;
    loop.call_at(now, [&] {
        order.push_back('a');
        loop.cancel(b);
    });
    b = loop.call_at(now, [&] { order.push_back('b'); });
    loop.cancel(loop.call_at(now, [&] { order.push_back('c'); }));
    loop.call_at(now + 1ms, [&] { loop.stop(); });
    loop.run();
    CHECK(order == std::vector{'a'});
    loop.cancel(b); // again: nothing
}

TEST_CASE("the loop sleeps until the next timer, and does not look again and again") {
    reactor loop;
    loop.call_at(steady_clock::now() + 20500us, [&] { loop.stop(); });
    loop.run();
    CHECK(loop.waits() <= 2);
}

TEST_CASE("a timer in two hundred years does not overflow") {
    reactor loop;
    loop.call_at(steady_clock::now() + std::chrono::hours{24 * 365 * 200}, [] {});
    std::jthread other{[&] { loop.post([&] { loop.stop(); }); }};
    loop.run();
    CHECK(loop.waits() == 1);
}

TEST_CASE("another thread wakes a loop that would wait for ever") {
    reactor loop;
    std::jthread other{[&] { loop.post([&] { loop.stop(); }); }};
    loop.run();
}

TEST_CASE("what several threads post is called in the loop's thread, nothing is lost") {
    constexpr int threads = 4, posts = 1000;
    reactor loop;
    std::vector<std::vector<int>> got(threads);
    int left = threads * posts;
    bool here = true;
    std::vector<std::jthread> others;
    for (int t = 0; t < threads; ++t)
        others.emplace_back([&, t] {
            for (int i = 0; i < posts; ++i)
                loop.post([&, t, i, main = ::getpid()] {
                    here = here && ::gettid() == main;
                    got[t].push_back(i);
                    if (--left == 0) loop.stop();
                });
        });
    loop.run();
    CHECK(here);
    for (const auto& numbers : got) {
        REQUIRE(numbers.size() == posts);
        CHECK(std::ranges::is_sorted(numbers));
    }
}

TEST_CASE("a callback may post") {
    reactor loop;
    loop.post([&] { loop.post([&] { loop.stop(); }); });
    loop.run();
}

TEST_CASE("a signal does not end the wait") {
    struct sigaction action {
    }, before{};

    action.sa_handler = [](int) {};
    ::sigaction(SIGUSR1, &action, &before);
    reactor loop;
    std::jthread other{[&, main = ::pthread_self()] {
        for (int i = 0; i < 20; ++i)
            ::pthread_kill(main, SIGUSR1);
        loop.post([&] { loop.stop(); });
    }};
    loop.run();
    other.join();
    ::sigaction(SIGUSR1, &before, nullptr);
}

TEST_CASE("what a callback throws leaves run, and the loop goes on when asked") {
    reactor loop;
    loop.call_at(steady_clock::now(), [] { throw std::runtime_error{"oops"}; });
    CHECK_THROWS_AS(loop.run(), std::runtime_error);
    loop.call_at(steady_clock::now(), [&] { loop.stop(); });
    loop.run();
}

TEST_CASE("a descriptor that cannot be watched is an exception") {
    reactor loop;
    CHECK_THROWS_AS(loop.watch(-1, EPOLLIN, [](std::uint32_t) {}), std::system_error);
    loop.forget(-1);
}

TEST_CASE("a loop leaves nothing behind") {
    const auto before = ladder::leftovers::now();
    {
        reactor loop;
        const connection c;
        loop.watch(c.ours.get(), EPOLLIN, [](std::uint32_t) {});
        loop.call_at(steady_clock::now(), [] {});
        loop.post([] {});
    }
    CHECK(ladder::leftovers::since(before) == "");
}
