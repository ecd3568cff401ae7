// Fibers that take turns waiting, and one that blocks the thread.

#include "event_loop.hpp"
#include "workbench/demo.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"
#include "yield.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <thread>

namespace ladder::fibers_on_asio {

namespace {

using timeline::kind;
using timeline::span;

void say_and_wait(event_loop& loop, const char* name, std::chrono::milliseconds pause) {
    for (int round = 1; round <= 2; ++round) {
        fmt::print("fiber {}: round {}\n", name, round);
        const span span{kind::waits, name};
        asio::steady_timer timer{loop.context()};
        timer.expires_after(pause);
        timer.async_wait(yield);
    }
}

void tick(event_loop& loop, int times) {
    asio::steady_timer timer{loop.context()};
    auto last = std::chrono::steady_clock::now();
    for (int i = 0; i < times; ++i) {
        timer.expires_after(std::chrono::milliseconds{100});
        timer.async_wait(yield);
        const auto now = std::chrono::steady_clock::now();
        fmt::print("tick after {:.1f} s\n", seconds(now - last));
        last = now;
    }
}

} // namespace

int show_two(arguments given) {
    std::chrono::milliseconds pause{500};
    option_parser options{"two", "Two fibers take turns waiting."};
    options.duration("--seconds", &pause, "of one wait");
    if (const auto status = options.parse(given)) return *status;
    const timeline::recording recording;
    const stopwatch watch;
    {
        event_loop loop;
        boost::fibers::fiber a{[&] { say_and_wait(loop, "a", pause); }};
        boost::fibers::fiber b{[&] { say_and_wait(loop, "b", pause); }};
        a.join();
        b.join();
    }
    const double wall = seconds(watch.elapsed().wall);
    fmt::print("4 waits of {:.2f} s in {:.2f} s, one thread\n", seconds(pause), wall);
    fmt::print("{}", draw_terminal(recording.intervals(), {.width = 72}));
    return 0;
}

int show_blocked() {
    event_loop loop;
    boost::fibers::fiber ticks{[&] { tick(loop, 4); }};
    boost::fibers::fiber blocks{[&] {
        asio::steady_timer timer{loop.context(), std::chrono::milliseconds{150}};
        timer.async_wait(yield);
        fmt::print("a call that blocks the thread\n");
        std::this_thread::sleep_for(std::chrono::milliseconds{500});
    }};
    ticks.join();
    blocks.join();
    return 0;
}

} // namespace ladder::fibers_on_asio
