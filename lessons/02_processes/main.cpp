// Rung 02: other processes wait too, and nothing that they do happens here.

#include "processes.hpp"
#include "workbench/demo.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

namespace ladder::processes {

int show_batches();                                 // demo_batches.cpp
int show_isolation(), show_turns(), show_writers(); // demo_writers.cpp
int show_status(), show_zombie(), show_orphans();   // demo_ends.cpp

namespace {

using ms = std::chrono::duration<double, std::milli>;

int ten() {
    const slow_server server;
    fmt::print("Ten pages, ten processes. The server takes 100 ms for each page.\n\n");
    const auto urls = server.pages(10);
    const timeline::recording recording;
    const stopwatch watch;
    fetch_all(urls, {.in_flight = 10});
    const usage cost = watch.elapsed();
    const ms wall = cost.wall, cpu = cost.cpu;
    fmt::print("{}\n{:.0f} ms on the clock, {:.1f} ms on a core; at most {} in flight.\n",
               timeline::draw_terminal(recording.intervals()), wall.count(), cpu.count(),
               server.stats().peak_in_flight);
    return 0;
}

} // namespace

} // namespace ladder::processes

int main(int argc, char** argv) {
    using namespace ladder::processes;
    return ladder::run_demos(
        argc, argv,
        {{"ten", "ten pages, ten processes, and where the time went", ten},
         {"batches", "a process for each ten URLs, and the rest as a last one",
          show_batches},
         {"isolation", "two processes count; the parent prints 0", show_isolation},
         {"status", "how a process can end, and what wait says", show_status},
         {"zombies", "a child that nobody waits for", show_zombie},
         {"orphans", "a child whose parent dies, left alone and cured", show_orphans},
         {"turns", "two processes print in turns, in an order that changes", show_turns},
         {"writers", "two processes write into one pipe", show_writers},
         ladder::fetch_demo(fetch_all)});
}
