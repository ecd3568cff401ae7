// What a thread costs, and what it costs to change from one to another.

#include "bounded_queue.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/stopwatch.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace ladder::threads {

using us = std::chrono::duration<double, std::micro>;

namespace {

/// What came of starting something that sets a number to 42, and waiting for its end.
struct started {
    int number = 0; ///< What the one who started it sees afterwards.
    us each{};
};

started start_processes(int count) {
    started result;
    const stopwatch watch;
    for (int i = 0; i < count; ++i) {
        const pid_t child = ::fork();
        if (child < 0) throw std::system_error{errno, std::generic_category(), "fork"};
        if (child == 0) {
            result.number = 42;
            ::_exit(0);
        }
        ::waitpid(child, nullptr, 0);
    }
    result.each = watch.elapsed().wall / static_cast<double>(count);
    return result;
}

started start_threads(int count) {
    started result;
    const stopwatch watch;
    for (int i = 0; i < count; ++i) {
        std::thread thread{[&] { result.number = 42; }};
        thread.join();
    }
    result.each = watch.elapsed().wall / static_cast<double>(count);
    return result;
}

/// Passes an item on `count` times and takes an answer back each time: between two
/// threads that stay on one core and so cannot both run.
usage hand_over_to_a_thread(int count) {
    bounded_queue<int> there{1}, back{1};
    usage cost;
    std::thread{[&] {
        pin_to_core(first_usable_core());
        const std::jthread other{[&] {
            while (const auto item = there.pop())
                back.push(*item);
        }};
        const stopwatch watch;
        for (int i = 0; i < count; ++i) {
            there.push(i);
            back.pop();
        }
        cost = watch.elapsed();
        there.close();
    }}.join();
    return cost;
}

/// The same through the same queues, within one thread.
usage hand_over_to_itself(int count) {
    bounded_queue<int> there{1}, back{1};
    const stopwatch watch;
    for (int i = 0; i < count; ++i) {
        there.push(i);
        if (const auto item = there.pop()) back.push(*item);
        back.pop();
    }
    return watch.elapsed();
}

} // namespace

int show_start() {
    constexpr int count = 200;
    const started processes = start_processes(count), threads = start_threads(count);
    fmt::print("{} times, one starts and sets the number to 42, and one waits for it:\n\n"
               "a process   {:>6.0f} µs each   the number is {}\n"
               "a thread    {:>6.0f} µs each   the number is {}\n\n"
               "To start a thread is {:.0f} times as fast.\n",
               count, processes.each.count(), processes.number, threads.each.count(),
               threads.number, processes.each / threads.each);
    return 0;
}

int show_switches() {
    constexpr int count = 20'000;
    const auto show = [](const char* what, const usage& cost) {
        const auto switches = cost.voluntary_switches + cost.involuntary_switches;
        fmt::print("{:<24}{:>8.2f} µs each   context switches: {}\n", what,
                   us{cost.wall}.count() / count, switches);
    };
    const usage alone = hand_over_to_itself(count), two = hand_over_to_a_thread(count);
    fmt::print("An item goes there and back {} times:\n\n", count);
    show("within one thread", alone);
    show("to another thread", two);
    fmt::print("\nBetween threads it takes {:.0f} times as long.\n",
               us{two.wall} / us{alone.wall});
    return 0;
}

} // namespace ladder::threads
