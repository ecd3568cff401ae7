// Rung 09: one thread that waits for everything at once.

#include "demos.hpp"
#include "event_loop.hpp"
#include "workbench/demo.hpp"

using namespace ladder;
using namespace ladder::event_loop;

int main(int argc, char** argv) {
    return run_demos(
        argc, argv,
        {{"thousand", "1,000 pages of 100 ms each, in one thread [MS]", show_thousand},
         {"ten", "ten pages in one thread, as a timeline", show_ten},
         {"calls", "the system calls of a thousand requests, counted by strace",
          show_calls},
         {"memory", "does epoll share memory with the program?", show_memory},
         {"files", "a file is always ready: epoll refuses it, threads help", show_files},
         {"edge", "level and edge: how often you are told", show_edge},
         {"timers", "timers in the order of their times, and one that is cancelled",
          show_timers},
         {"wake", "another thread wakes the loop", show_wake_up},
         {"limit", "a thousand pages with descriptors for fifty", show_limit},
         fetch_demo(fetch_all)});
}
