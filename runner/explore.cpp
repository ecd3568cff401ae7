#include "explore.hpp"

#include "foreground.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace ladder::learn {

namespace fs = std::filesystem;

namespace {

/// The one that this build was configured with.
std::string compiler(const course& c) {
    constexpr std::string_view key = "CMAKE_CXX_COMPILER:";
    std::ifstream cache{c.root() / "build" / "CMakeCache.txt"};
    for (std::string line; std::getline(cache, line);)
        if (line.starts_with(key)) return line.substr(line.find('=') + 1);
    return "c++";
}

int succeed(const std::vector<std::string>& argv) {
    if (const int status = run_in_foreground(argv); status != 0)
        throw silent_failure{status};
    return 0;
}

} // namespace

int replay(const exercise& e, bool debugger, const course& c) {
    if (e.orders == 0)
        throw usage_error{fmt::format("{} is not tested in every order", e.name)};
    script{c.root()}.build("dev", "building " + e.orders_target(), {e.orders_target()});
    std::vector<std::string> argv{"env", "LADDER_REPLAY=1"};
    if (debugger) // which follows the program, and not the search
        argv.insert(argv.end(), {"gdb", "-q", "-ex", "set detach-on-fork on", "-ex",
                                 "run", "--args"});
    argv.insert(argv.end(),
                {c.root() / "build" / "tests" / e.orders_target(), "--abort"});
    return run_in_foreground(argv) == 0 ? 0 : 1;
}

int explore_file(const std::string& file, int preemptions, const course& c) {
    if (!fs::exists(file)) throw usage_error{"there is no file " + file};
    if (!fs::is_regular_file(file)) throw usage_error{file + " is no file of C++"};
    script{c.root()}.build("dev", "building the explorer", {"ladder_explore_file"});
    const temporary_folder folder;
    const std::string object = folder / "explored.o", program = folder / "explored";
    const fs::path build = c.root() / "build";
    succeed({compiler(c), "-std=c++20", "-g1", "-O0", "-Wall", "-Wextra",
             "-fsanitize=thread", "-I" + (build / "include" / "00_workbench").string(),
             "-c", "-x", "c++", file, "-o", object});
    succeed({"objcopy", "--redefine-sym", "main=explored_main", object});
    if (read_file(object).find("explored_main") == std::string::npos)
        throw usage_error{file + " has no main()"};
    // All of the library: it takes over functions that the C library has, too.
    succeed({compiler(c), object, "-Wl,--whole-archive",
             build / "lessons" / "libladder_explore_file.a", "-Wl,--no-whole-archive",
             "-lfmt", "-pthread", "-o", program});
    return run_in_foreground(std::vector{program, fmt::format("{}", preemptions)});
}

} // namespace ladder::learn
