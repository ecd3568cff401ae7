// check_readme README ROOT BIN: exits with 1, and says file and line, when the page
// quotes code or output that is no longer so.

#include "readme.hpp"

#include <fmt/format.h>

#include <exception>

int main(int argc, char** argv) try {
    if (argc != 4) {
        fmt::print(stderr, "usage: check_readme README ROOT BIN\n");
        return 2;
    }
    const auto problems = ladder::docs::check_readme(argv[1], {argv[2], argv[3]});
    for (const auto& problem : problems)
        fmt::print("{}\n", problem);
    return problems.empty() ? 0 : 1;
} catch (const std::exception& error) {
    fmt::print(stderr, "check_readme: {}\n", error.what());
    return 2;
}
