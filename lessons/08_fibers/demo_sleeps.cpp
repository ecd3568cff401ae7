// A fiber's sleep, and a thread's.

#include "fiber_group.hpp"
#include "workbench/demo.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"

#include <boost/fiber/operations.hpp>
#include <fmt/format.h>

#include <thread>

namespace ladder::fibers {

namespace {

/// Two fibers do this: print, sleep; and so on. Draws when they slept.
void two_sleepers(const char* what, const std::function<void()>& sleep, int rounds) {
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
    const double wall = seconds(watch.elapsed().wall);
    fmt::print("\n{}: {} sleeps in {:.2f} s\n\n{}\n", what, 2 * rounds, wall,
               timeline::draw_terminal(recording.intervals(), {.width = 72}));
}

} // namespace

int show_sleeps(arguments given) {
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

} // namespace ladder::fibers
