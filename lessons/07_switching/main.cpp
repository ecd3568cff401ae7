// Rung 07: one thread, several flows of control, and a switch between them by hand.

#include "workbench/demo.hpp"

#include <boost/context/fiber.hpp>
#include <fmt/format.h>

#include <utility>

namespace ladder::switching {

// demo_generators.cpp
int show_generators(), show_trees(), show_exception(), show_unwinding();
int show_robin(), show_blocked(); // demo_turns.cpp

namespace {

int ping() {
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

} // namespace

} // namespace ladder::switching

int main(int argc, char** argv) {
    using namespace ladder::switching;
    return ladder::run_demos(
        argc, argv,
        {{"ping", "two flows of control hand over to each other", ping},
         {"generator", "the same numbers, with a stack and without", show_generators},
         {"tree", "a generator that calls itself", show_trees},
         {"robin", "three tasks take turns; the timeline", show_robin},
         {"blocked", "one of them blocks, and all of them wait", show_blocked},
         {"exception", "an error crosses a switch", show_exception},
         {"unwind", "what becomes of a body that never ends", show_unwinding}});
}
