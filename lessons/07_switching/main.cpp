// Rung 07: one thread, several flows of control, and a switch between them by hand.

#include "demos.hpp"
#include "scheduler.hpp"
#include "workbench/demo.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"

#include <boost/context/fiber.hpp>
#include <fmt/format.h>

#include <chrono>
#include <span>
#include <string>
#include <thread>
#include <utility>

using namespace ladder;
using namespace ladder::switching;
using namespace std::chrono_literals;
using ms = std::chrono::duration<double, std::milli>;

static int ping() {
    // [ping]
    boost::context::fiber other{[](boost::context::fiber&& back) {
        for (int i = 1; i <= 3; ++i) {
            fmt::print("       pong {}\n", i);
            back = std::move(back).resume();
        }
        fmt::print("       the end\n");
        return std::move(back);
    }};
    for (int i = 1; other; ++i) {
        fmt::print("ping {}\n", i);
        other = std::move(other).resume();
    }
    // [/ping]
    fmt::print("nobody is left to switch to\n");
    return 0;
}

/// Keeps the core busy.
static void compute(std::chrono::milliseconds time) {
    for (const stopwatch watch; watch.elapsed().wall < time;) {
    }
}

static void print_timeline(const timeline::recording& recording) {
    fmt::print("\n{}", timeline::draw_terminal(recording.intervals()));
}

static int robin() {
    const timeline::recording recording;
    scheduler tasks;
    for (const char* name : {"a", "b", "c"})
        tasks.spawn([name, &tasks] {
            const timeline::span alive{timeline::kind::waits, name};
            for (int turn = 1; turn <= 3; ++turn) {
                fmt::print("{}{} ", name, turn);
                {
                    const timeline::span span{timeline::kind::runs, name};
                    compute(10ms);
                }
                tasks.yield();
            }
        });
    tasks.run();
    fmt::print("\n");
    print_timeline(recording);
    return 0;
}

static int blocked() {
    const timeline::recording recording;
    const stopwatch watch;
    scheduler tasks;
    for (const std::string name : {"a", "b", "c"})
        tasks.spawn([name, &tasks, &watch] {
            const timeline::span alive{timeline::kind::waits, name};
            for (int turn = 1; turn <= 3; ++turn) {
                const ms now = watch.elapsed().wall;
                fmt::print("{} {} after {:>5.1f} ms\n", name, turn, now.count());
                {
                    const timeline::span span{timeline::kind::runs, name};
                    if (name == "b" && turn == 2)
                        std::this_thread::sleep_for(100ms);
                    else
                        compute(5ms);
                }
                tasks.yield();
            }
        });
    tasks.run();
    print_timeline(recording);
    return 0;
}

int main(int argc, char** argv) {
    return run_demos(
        argc, argv,
        {{"ping", "two flows of control hand over to each other", ping},
         {"generator", "the same numbers, with a stack and without", show_generators},
         {"tree", "a generator that calls itself", show_trees},
         {"robin", "three tasks take turns; the timeline", robin},
         {"blocked", "one of them blocks, and all of them wait", blocked},
         {"exception", "an error crosses a switch", show_exception},
         {"unwind", "what becomes of a body that never ends", show_unwinding}});
}
