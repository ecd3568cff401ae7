// Runs the main of another program in every order of its threads: ./learn explore FILE
// compiles that program and calls its main `explored_main`.

#include "explore.hpp"

#include <fmt/format.h>

#include <cstdlib>

extern "C" int explored_main(int argc, char** argv);

int main(int, char** argv) {
    const auto report = ladder::explore({.preemptions = std::atoi(argv[1])}, [&] {
        const int status = explored_main(1, argv);
        ladder::require(status == 0, fmt::format("main returns {}", status));
    });
    fmt::print("{}", report.text());
    return report.holds() ? 0 : 1;
}
