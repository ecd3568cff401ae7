// Deliberately wrong: an exception leaves the function of a fiber. Above it on this stack
// is nobody: the caller stands on another one. So the program ends. (The victim is a
// process of its own. Its fiber keeps where to go back in a variable outside, like the
// scheduler of this rung: some compilers destroy the locals before the program ends, and
// a `caller` that is destroyed unwinds the caller's stack.)

#include "processes/child_process.hpp"

#include <boost/context/fiber.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <utility>

#include <unistd.h>

using ladder::processes::child_process;

namespace {

int call_and_catch() {
    std::set_terminate([] {
        std::puts("std::terminate was called");
        std::fflush(stdout);
        ::_exit(3);
    });
    try {
        boost::context::fiber back;
        boost::context::fiber fiber{[&back](boost::context::fiber&& caller) {
            back = std::move(caller);
            if (back) throw std::runtime_error{"who catches this?"};
            return std::move(back);
        }};
        std::move(fiber).resume();
    } catch (const std::runtime_error& error) {
        fmt::print("caught: {}\n", error.what());
    }
    return 0;
}

} // namespace

int main() {
    const auto status = child_process::fork(call_and_catch).wait();
    fmt::print("the program {}\n", describe(status));
}
