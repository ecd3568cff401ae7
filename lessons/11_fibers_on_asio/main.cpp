#include "event_loop.hpp"
#include "fibers_on_asio.hpp"
#include "workbench/demo.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"
#include "yield.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <vector>

using ladder::timeline::kind;
using ladder::timeline::span;
using namespace ladder::fibers_on_asio;

namespace {

using arguments = std::span<const std::string>;
using seconds = std::chrono::duration<double>;

void say_and_wait(event_loop& loop, const char* name, std::chrono::milliseconds pause) {
    for (int round = 1; round <= 2; ++round) {
        fmt::print("fiber {}: round {}\n", name, round);
        const span span{kind::waits, name};
        asio::steady_timer timer{loop.context()};
        timer.expires_after(pause);
        timer.async_wait(yield);
    }
}

int two(arguments given) {
    std::chrono::milliseconds pause{500};
    ladder::option_parser options{"two", "Two fibers take turns waiting."};
    options.duration("--seconds", &pause, "of one wait");
    if (const auto status = options.parse(given)) return *status;
    const ladder::timeline::recording recording;
    const ladder::stopwatch watch;
    {
        event_loop loop;
        boost::fibers::fiber a{[&] { say_and_wait(loop, "a", pause); }};
        boost::fibers::fiber b{[&] { say_and_wait(loop, "b", pause); }};
        a.join();
        b.join();
    }
    const seconds wall = watch.elapsed().wall;
    fmt::print("4 waits of {:.2f} s in {:.2f} s, one thread\n", seconds{pause}.count(),
               wall.count());
    fmt::print("{}", draw_terminal(recording.intervals(), {.width = 72}));
    return 0;
}

int one() {
    const ladder::slow_server server;
    event_loop loop;
    ladder::page page;
    boost::fibers::fiber fiber{[&] { page = fetch(loop, server.url("/page/1"), {}); }};
    fiber.join();
    fmt::print("status {}, {} bytes\n", page.status, page.body.size());
    return page.status == 200 ? 0 : 1;
}

/// A line of /proc/self/status, e.g. "VmHWM" for the peak of resident memory in kB.
std::size_t status_of_process(const std::string& name) {
    std::ifstream file{"/proc/self/status"};
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(name + ':')) return std::stoul(line.substr(name.size() + 1));
    return 0;
}

int many(arguments given) {
    std::size_t count = 10'000, in_flight = 10'000;
    std::chrono::milliseconds delay{100};
    ladder::option_parser options{"many", "Thousands of pages at the same time."};
    options.number("--count", &count, "pages", {1});
    options.duration("--delay", &delay, "of each page",
                     {.least = {}, .most = std::chrono::minutes{1}, .bare = "ms"});
    options.number("--in-flight", &in_flight, "pages at the same time", {1});
    if (const auto status = options.parse(given)) return *status;
    ladder::raise_descriptor_limit(); // before the server, which inherits it
    const ladder::slow_server server;
    const std::vector<std::string> urls(
        count, server.url(fmt::format("/delay/{}", delay.count())));

    const ladder::stopwatch watch;
    const auto pages = fetch_all(urls, {.in_flight = in_flight});
    const auto used = watch.elapsed();

    std::size_t failed = 0;
    for (const ladder::page& page : pages)
        failed += page.status != 200;
    fmt::print("{} pages, {} failed, {} in flight at most\n", count, failed,
               server.stats().peak_in_flight);
    fmt::print("{:.2f} s, {:.2f} s of CPU, {} MB at most, {} thread\n",
               seconds{used.wall}.count(), seconds{used.cpu}.count(),
               status_of_process("VmHWM") / 1024, status_of_process("Threads"));
    return failed == 0 ? 0 : 1;
}

void tick(event_loop& loop, int times) {
    asio::steady_timer timer{loop.context()};
    auto last = std::chrono::steady_clock::now();
    for (int i = 0; i < times; ++i) {
        timer.expires_after(std::chrono::milliseconds{100});
        timer.async_wait(yield);
        const auto now = std::chrono::steady_clock::now();
        fmt::print("tick after {:.1f} s\n", seconds{now - last}.count());
        last = now;
    }
}

int blocked() {
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

} // namespace

int main(int argc, char** argv) {
    return ladder::run_demos(
        argc, argv,
        {{"two", "two fibers take turns waiting [--seconds S]", two},
         {"one", "one thread, one fiber, one page", one},
         {"many",
          "thousands of pages at the same time [--count N] [--delay MS] [--in-flight N]",
          many},
         {"blocked", "a fiber that blocks the thread stops all the others", blocked},
         ladder::fetch_demo(fetch_all)});
}
