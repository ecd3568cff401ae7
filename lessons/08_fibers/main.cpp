// Rung 08: fibers, which can wait, and need one thread for any number of them.

#include "demos.hpp"
#include "fiber_group.hpp"
#include "workbench/demo.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"

#include <boost/fiber/operations.hpp>
#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <thread>

using namespace ladder;
using namespace ladder::fibers;
using seconds = std::chrono::duration<double>;

static int turns() {
    // [turns]
    fiber_group group;
    for (const char* name : {"a", "b"})
        group.spawn([name] {
            for (int turn = 1; turn <= 3; ++turn) {
                fmt::print("{} {}\n", name, turn);
                boost::this_fiber::yield();
            }
        });
    fmt::print("two fibers are ready, and none has begun\n");
    group.join();
    // [/turns]
    fmt::print("both have ended\n");
    return 0;
}

/// Two fibers do this: print, sleep; and so on. Draws when they slept.
static void two_sleepers(const char* what, const std::function<void()>& sleep,
                         int rounds) {
    const timeline::recording recording;
    const stopwatch watch;
    fiber_group group;
    for (const char* name : {"a", "b"})
        group.spawn([&, name] {
            for (int round = 1; round <= rounds; ++round) {
                fmt::print("{} {}   ", name, round);
                const timeline::span span{timeline::kind::waits, name};
                sleep();
            }
        });
    group.join();
    const seconds wall = watch.elapsed().wall;
    fmt::print("\n{}: {} sleeps in {:.2f} s\n\n{}\n", what, 2 * rounds, wall.count(),
               timeline::draw_terminal(recording.intervals(), {.width = 72}));
}

static int sleeps(arguments given) {
    std::chrono::milliseconds pause{100};
    int rounds = 2;
    option_parser options{"sleep", "A fiber's sleep, and a thread's."};
    options.duration("--seconds", &pause, "of one sleep");
    options.number("--rounds", &rounds, "sleeps of each", {1, 1'000});
    if (const auto status = options.parse(given)) return *status;
    const auto fiber_sleeps = [&] { boost::this_fiber::sleep_for(pause); };
    const auto thread_sleeps = [&] { std::this_thread::sleep_for(pause); };
    two_sleepers("this_fiber::sleep_for", fiber_sleeps, rounds);
    two_sleepers("this_thread::sleep_for", thread_sleeps, rounds);
    return 0;
}

int main(int argc, char** argv) {
    return run_demos(
        argc, argv,
        {{"turns", "two fibers take turns", turns},
         {"sleep", "a fiber's sleep and a thread's, drawn; --seconds 2", sleeps},
         {"update", "a lost update without any threads", show_update},
         {"channel", "one fiber produces, another consumes", show_channel},
         {"future", "a result, and an error, from another fiber", show_future},
         {"barrier", "nobody begins the next round alone", show_barrier},
         {"many", "200,000 fibers and as many coroutines; --count N", show_many},
         {"costs", "what a process, thread, fiber and coroutine cost", show_costs},
         {"guards", "guard pages, and how many the kernel gives you", show_guards}});
}
