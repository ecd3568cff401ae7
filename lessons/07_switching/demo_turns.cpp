// Three tasks that take turns, and one that blocks them all.

#include "scheduler.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

#include <thread>

namespace ladder::switching {

namespace {

using namespace std::chrono_literals;
using ms = std::chrono::duration<double, std::milli>;

/// Keeps the core busy.
void compute(std::chrono::milliseconds time) {
    for (const stopwatch watch; watch.elapsed().wall < time;) {
    }
}

void print_timeline(const timeline::recording& recording) {
    fmt::print("\n{}", timeline::draw_terminal(recording.intervals()));
}

} // namespace

int show_robin() {
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

int show_blocked() {
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

} // namespace ladder::switching
