// What waiting costs, beside computing, and for two million pages.

#include "serial.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"

#include <fmt/format.h>

namespace ladder::serial {

using namespace std::chrono_literals;
using ms = std::chrono::duration<double, std::milli>;
using hours = std::chrono::duration<double, std::ratio<3600>>;

namespace {

int count_primes(std::chrono::milliseconds time) {
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

void show_cost(std::string_view work, const usage& cost) {
    const ms wall = cost.wall, cpu = cost.cpu;
    fmt::print("{:<24} {:>6.0f} ms  {:>6.0f} ms  {:>6.0f} %\n", work, wall.count(),
               cpu.count(), 100 * (cpu / wall));
}

} // namespace

int show_bound() {
    const slow_server server;
    fmt::print("{:<24} {:>9}  {:>9}  {:>8}\n", "", "wall", "CPU", "CPU/wall");
    const stopwatch computing;
    const int primes = count_primes(300ms);
    show_cost(fmt::format("counting {} primes", primes), computing.elapsed());
    const stopwatch waiting;
    fetch(server.url("/delay/300"), {});
    show_cost("waiting for one page", waiting.elapsed());
    fmt::print("\nThe first is CPU-bound: it keeps a core busy all the time.\n"
               "The second is I/O-bound: it leaves the core free, and waits.\n");
    return 0;
}

int show_model() {
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

} // namespace ladder::serial
