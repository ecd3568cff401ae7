// Rung 10: the loop of rung 09 as others have built it, and coroutines on it.

#include "asio.hpp"
#include "workbench/demo.hpp"

#include <fmt/format.h>

#include <string>

namespace ladder::asio {

int show_thousand(), show_batches(), show_keep(); // demo_fetch.cpp
// demo_four_ways.cpp
int show_ways(arguments), show_wait(arguments), show_create(arguments),
    show_gather(arguments), show_ensure(arguments);
int show_limit(), show_cleanup(), show_strand(); // demo_cancel.cpp
// demo_loop.cpp
int show_swap();
std::string loop_is_refused();

} // namespace ladder::asio

int main(int argc, char** argv) {
    using namespace ladder::asio;
    if (const auto why = loop_is_refused(); !why.empty()) {
        fmt::print(stderr, "{}: the kernel refuses this loop: {}. See: ./learn doctor\n",
                   argv[0], why);
        return 1;
    }
    return ladder::run_demos(
        argc, argv,
        {{"thousand", "1,000 pages of 100 ms in one thread, by callbacks and coroutines",
          show_thousand},
         {"batches", "batches that wait for their slowest, and a sliding window",
          show_batches},
         {"keep", "kept connections against one for each page", show_keep},
         {"ways", "two tasks together, in four ways [UNIT in seconds]", show_ways},
         {"wait", "two tasks: what is done and what is pending [UNIT]", show_wait},
         {"create", "two tasks that run from their creation on [UNIT]", show_create},
         {"gather", "two tasks, their results in the order of the list [UNIT]",
          show_gather},
         {"ensure", "a coroutine, or a task that runs already [UNIT]", show_ensure},
         {"limit", "a timeout with an operator, and a cancellation signal", show_limit},
         {"cleanup", "what a cancelled coroutine still does", show_cleanup},
         {"strand", "two threads, one counter, no lock", show_strand},
         {"swap", "the same program on epoll and on io_uring", show_swap},
         ladder::fetch_demo(fetch_all)});
}
