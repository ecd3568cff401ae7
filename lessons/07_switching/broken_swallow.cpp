// Deliberately wrong: `catch (...)` in a fiber that is then thrown away. To give its
// stack back, Boost.Context throws an exception through it (forced_unwind), and this one
// stops it. The fiber goes on, and returns to a place that does not exist. (The victim is
// a process of its own.)

#include "processes/child_process.hpp"

#include <boost/context/fiber.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <utility>

#include <sys/resource.h>

using ladder::processes::child_process;

namespace {

int throw_away() {
    const rlimit no_core{};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGSEGV, SIG_DFL); // no report by a sanitizer
    std::signal(SIGABRT, SIG_DFL);
    {
        boost::context::fiber fiber{[](boost::context::fiber&& caller) {
            try {
                caller = std::move(caller).resume();
            } catch (...) {
                std::puts("an error? never mind");
                std::fflush(stdout);
            }
            return std::move(caller);
        }};
        fiber = std::move(fiber).resume();
    } // thrown away here
    std::puts("all is well");
    return 0;
}

} // namespace

int main() {
    const auto status = child_process::fork(throw_away).wait();
    fmt::print("the program {}\n", describe(status));
}
