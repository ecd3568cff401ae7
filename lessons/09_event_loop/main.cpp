// Rung 09: one thread that waits for everything at once.

#include "event_loop.hpp"
#include "workbench/demo.hpp"

namespace ladder::event_loop {

int show_thousand(arguments), show_ten(), show_calls(), show_limit(); // demo_fetch.cpp
int show_memory(), show_edge(), show_timers(), show_wake_up();        // demo_epoll.cpp
int show_files();                                                     // demo_files.cpp

} // namespace ladder::event_loop

int main(int argc, char** argv) {
    using namespace ladder::event_loop;
    return ladder::run_demos(
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
         ladder::fetch_demo(fetch_all)});
}
