// Rung 04: workers that stay, results in order, and a worker that dies.

#include "process_pool.hpp"
#include "workbench/demo.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

namespace ladder::process_pool {

int show_map(), show_callbacks(), show_crash(), show_limit(); // demo_tasks.cpp
int show_fresh(), show_primes();                              // demo_costs.cpp
int show_pictures();                                          // demo_pictures.cpp

namespace {

using namespace std::chrono_literals;

int hang() {
    const slow_server server;
    const std::vector urls{server.url("/delay/100"), server.url("/hang"),
                           server.url("/delay/100?b"), server.url("/delay/100?c")};
    const timeline::recording recording;
    const auto pages = fetch_all(urls, {.in_flight = 2, .timeout = 800ms});
    for (std::size_t i = 0; i < urls.size(); ++i)
        fmt::print("{:<14}  {}\n", urls[i].substr(server.url("").size()),
                   pages[i].error ? pages[i].error.message()
                                  : fmt::format("status {}", pages[i].status));
    fmt::print("\n{}", timeline::draw_terminal(recording.intervals()));
    return 0;
}

} // namespace

} // namespace ladder::process_pool

int main(int argc, char** argv) {
    using namespace ladder::process_pool;
    return ladder::run_demos(
        argc, argv,
        {{"map", "results in order, whatever ends first", show_map},
         {"callbacks", "a pool of five: callbacks in the parent, close and join",
          show_callbacks},
         {"fresh", "a process for each task, and workers that stay", show_fresh},
         {"primes", "computing with one worker and with two", show_primes},
         {"pictures", "the pictures of four folders, compressed by one worker and by two",
          show_pictures},
         {"crash", "a task that kills, a task that throws, a kill from outside",
          show_crash},
         {"limit", "a worker that ends after three tasks", show_limit},
         {"hang", "one page that never comes holds up nobody", hang},
         ladder::fetch_demo(fetch_all)});
}
