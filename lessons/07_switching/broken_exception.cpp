// Deliberately wrong: an exception leaves the function of a fiber. Above it on this stack
// is nobody: the caller stands on another one. So the program ends. (The victim is a
// process of its own.)

#include "child_process.hpp"

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
        boost::context::fiber fiber{[](boost::context::fiber&& caller) {
            if (caller) throw std::runtime_error{"who catches this?"};
            return std::move(caller);
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
