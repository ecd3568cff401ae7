// Rung 01: one page after the other, and what that costs.

#include "serial.hpp"
#include "workbench/demo.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

using namespace ladder;
using namespace std::chrono_literals;
using ms = std::chrono::duration<double, std::milli>;
using hours = std::chrono::duration<double, std::ratio<3600>>;

// The loop of fetch_all, but it shows each page as soon as it is there.
static void fetch_and_show(const slow_server& server,
                           const std::vector<std::string>& targets,
                           const fetch_options& options = {}) {
    const timeline::recording recording;
    const stopwatch watch;
    for (const std::string& target : targets) {
        const page p = serial::fetch(server.url(target), options);
        fmt::print("{:>7.0f} ms   {:<18}  {}\n", ms{watch.elapsed().wall}.count(), target,
                   p.error ? p.error.message() : fmt::format("status {}", p.status));
        std::fflush(stdout);
    }
    const usage cost = watch.elapsed();
    const ms wall = cost.wall, cpu = cost.cpu;
    fmt::print("\n{}\n{:.0f} ms on the clock, {:.1f} ms of them on a core.\n"
               "The program did nothing for {:.1f} % of its time.\n",
               timeline::draw_terminal(recording.intervals()), wall.count(), cpu.count(),
               100 * (1 - cpu / wall));
}

static int loop() {
    const slow_server server;
    fmt::print("Ten pages, one after the other. The server takes 100 ms for each.\n\n");
    std::vector<std::string> targets;
    targets.reserve(10);
    for (int i = 0; i < 10; ++i)
        targets.push_back(fmt::format("/page/{}?delay=100", i));
    fetch_and_show(server, targets);
    return 0;
}

static int hang() {
    const slow_server server;
    fmt::print(
        "The second of four pages never comes. After 800 ms the loop gives up.\n\n");
    fetch_and_show(server, {"/delay/100", "/hang", "/delay/100?b", "/delay/100?c"},
                   {.timeout = 800ms});
    return 0;
}

static int count_primes(std::chrono::milliseconds time) {
    int count = 0;
    const stopwatch watch;
    for (int n = 2; watch.elapsed().wall < time; ++n) {
        int divisor = 2;
        while (n % divisor != 0)
            ++divisor;
        count += divisor == n ? 1 : 0;
    }
    return count;
}

static void show_cost(std::string_view work, const usage& cost) {
    const ms wall = cost.wall, cpu = cost.cpu;
    fmt::print("{:<24} {:>6.0f} ms  {:>6.0f} ms  {:>6.0f} %\n", work, wall.count(),
               cpu.count(), 100 * (cpu / wall));
}

static int bound() {
    const slow_server server;
    fmt::print("{:<24} {:>9}  {:>9}  {:>8}\n", "", "wall", "CPU", "CPU/wall");
    const stopwatch computing;
    const int primes = count_primes(300ms);
    show_cost(fmt::format("counting {} primes", primes), computing.elapsed());
    const stopwatch waiting;
    serial::fetch(server.url("/delay/300"), {});
    show_cost("waiting for one page", waiting.elapsed());
    fmt::print("\nThe first is CPU-bound: it keeps a core busy all the time.\n"
               "The second is I/O-bound: it leaves the core free, and waits.\n");
    return 0;
}

static int model() {
    constexpr std::int64_t pages = 2'000'000;
    constexpr auto wait = 2s;
    fmt::print("{} pages of {} s each, when all they do is wait:\n\n", pages,
               wait.count());
    fmt::print("{:>9}  {:>11}  {:>11}  {:>13}\n", "in flight", "seconds", "hours",
               "days");
    for (const int in_flight : {1, 10, 100, 1'000, 200'000}) {
        const auto time = pages / in_flight * wait;
        fmt::print("{:>9}  {:>11}  {:>11.2f}  {:>13.4f}\n", in_flight, time.count(),
                   hours{time}.count(), hours{time}.count() / 24);
    }
    return 0;
}

int main(int argc, char** argv) {
    return run_demos(
        argc, argv,
        {{"loop", "ten slow pages, and where the time goes", loop},
         {"hang", "one page that never comes holds up the others", hang},
         {"bound", "the same time, spent computing and spent waiting", bound},
         {"model", "what two million pages cost", model},
         fetch_demo(serial::fetch_all)});
}
