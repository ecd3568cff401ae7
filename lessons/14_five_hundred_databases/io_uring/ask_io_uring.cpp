// The coroutines of this rung on io_uring. See programs.cmake.

#include "five_hundred_databases/way_program.hpp"

#include <fmt/format.h>

#include <array>
#include <exception>
#include <string>
#include <vector>

#ifndef BOOST_ASIO_HAS_IO_URING
#error This would be the program on epoll once more.
#endif

using namespace ladder::five_hundred_databases;

int main(int argc, char** argv) try {
    static constexpr std::array ways{way{"coroutines", coroutines}};
    return run_way(ways, std::vector<std::string>(argv + 1, argv + argc));
} catch (const std::exception& error) { // e.g. the kernel refuses a ring
    fmt::print(stderr, "ask_io_uring: {}\n", error.what());
    return 1;
}
