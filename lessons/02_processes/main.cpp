// Rung 02: other processes wait too, and nothing that they do happens here.

#include "child_process.hpp"
#include "demo_orphans.hpp"
#include "demo_writers.hpp"
#include "processes.hpp"
#include "serial/serial.hpp"
#include "workbench/demo.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <unistd.h>

using namespace ladder;
using namespace ladder::processes;
using namespace std::string_literals;
using ms = std::chrono::duration<double, std::milli>;

static std::vector<std::string> slow_pages(const slow_server& server, int count) {
    std::vector<std::string> urls;
    urls.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
        urls.push_back(server.url(fmt::format("/page/{}?delay=100", i)));
    return urls;
}

static int ten() {
    const slow_server server;
    fmt::print("Ten pages, ten processes. The server takes 100 ms for each page.\n\n");
    const auto urls = slow_pages(server, 10);
    const timeline::recording recording;
    const stopwatch watch;
    processes::fetch_all(urls, {.in_flight = 10});
    const usage cost = watch.elapsed();
    const ms wall = cost.wall, cpu = cost.cpu;
    fmt::print("{}\n{:.0f} ms on the clock, {:.1f} ms on a core; at most {} in flight.\n",
               timeline::draw_terminal(recording.intervals()), wall.count(), cpu.count(),
               server.stats().peak_in_flight);
    return 0;
}

static int batches() {
    const slow_server server;
    const auto urls = slow_pages(server, 25);
    constexpr std::size_t batch_size = 10;
    const stopwatch watch;
    std::vector<child_process> children;
    for (std::size_t first = 0; first < urls.size(); first += batch_size) {
        const std::size_t size = std::min(batch_size, urls.size() - first);
        const auto batch = std::span{urls}.subspan(first, size);
        fmt::print("process {} gets {} pages\n", children.size() + 1, size);
        children.push_back(child_process::fork([&] {
            serial::fetch_all(batch, {});
            return 0;
        }));
    }
    const ms launched = watch.elapsed().wall;
    for (child_process& child : children)
        child.wait();
    const ms done = watch.elapsed().wall;
    fmt::print("\nlaunched after {:>6.1f} ms\ndone after     {:>6.1f} ms, {} pages\n",
               launched.count(), done.count(), server.stats().requests);
    return 0;
}

static int isolation() {
    int number = 0;
    const auto show = [&](const char* who) {
        fmt::print("{}: {}, at address {}\n", who, number,
                   reinterpret_cast<std::uintptr_t>(&number));
    };
    const auto count = [&] {
        for (int i = 0; i < 1'000'000; ++i)
            ++number;
        show("a child");
        return 0;
    };
    child_process one = child_process::fork(count);
    child_process two = child_process::fork(count);
    one.wait();
    two.wait();
    show("the parent");
    return 0;
}

static int status() {
    const auto show = [](const char* what, child_process child) {
        fmt::print("{:<34} {}\n", what, describe(child.wait()));
    };
    show("return 3", child_process::fork([] { return 3; }));
    show("return 259 (that has nine bits)", child_process::fork([] { return 259; }));
    show("throw", child_process::fork([]() -> int { throw std::runtime_error{"oh"}; }));
    show("raise(SIGUSR1)", child_process::fork([] { return ::raise(SIGUSR1); }));
    child_process waits =
        child_process::fork([] { return ::pause(); }, {.die_with_parent = true});
    waits.kill(SIGTERM);
    show("pause(), and kill from here", std::move(waits));
    show("spawn sh -c 'exit 7'",
         child_process::spawn(std::array{"sh"s, "-c"s, "exit 7"s}));
    show("spawn sh -c 'kill -9 $$'",
         child_process::spawn(std::array{"sh"s, "-c"s, "kill -9 $$"s}));
    try {
        child_process::spawn(std::array{"no-such-program"s});
    } catch (const std::system_error& error) {
        fmt::print("{:<34} throws: {}\n", "spawn no-such-program", error.what());
    }
    return 0;
}

int main(int argc, char** argv) {
    const auto zombies = [] { return show_zombie(), 0; };
    const auto orphans = [] { return show_orphans(), 0; };
    const auto writers = [] { return show_writers(), 0; };
    return run_demos(
        argc, argv,
        {{"ten", "ten pages, ten processes, and where the time went", ten},
         {"batches", "a process for each ten URLs, and the rest as a last one", batches},
         {"isolation", "two processes count; the parent prints 0", isolation},
         {"status", "how a process can end, and what wait says", status},
         {"zombies", "a child that nobody waits for", zombies},
         {"orphans", "a child whose parent dies, left alone and cured", orphans},
         {"writers", "two processes write into one pipe", writers},
         fetch_demo(processes::fetch_all)});
}
