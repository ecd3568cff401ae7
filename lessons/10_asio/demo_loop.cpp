// One source, two programs: on epoll, and on io_uring. What does each cost?

#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/temporary.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace ladder::asio {

namespace net = boost::asio;
namespace fs = std::filesystem;

namespace {

std::string write_list(const slow_server& server, const std::string& file,
                       std::size_t count) {
    std::ofstream list{file};
    for (std::size_t i = 0; i < count; ++i)
        list << server.url(fmt::format("/page/{}", i)) << '\n';
    return file;
}

/// The number on strace's last line, "100.00 … total"; 0 when there is none.
long all_calls(const std::string& file) {
    std::ifstream lines{file};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string name;
        long calls = 0;
        if (words >> name >> calls && name == "total") return calls;
    }
    return 0;
}

} // namespace

std::string loop_is_refused() {
    try {
        net::io_context loop;
        const net::steady_timer first{loop}; // it asks the kernel for the loop
        return {};
    } catch (const boost::system::system_error& error) {
        return error.code().message();
    }
}

int show_swap() {
    constexpr std::size_t many = 20'000, some = 1'000;
    const slow_server server;
    const temporary_folder scratch;
    const auto long_list = write_list(server, scratch / "long", many);
    const auto short_list = write_list(server, scratch / "short", some);

    fmt::print("one source, {} pages each           system calls\n"
               "            a second   CPU each    for {} pages\n",
               many, some);
    const auto run = [&](std::string_view name, const std::string& program) {
        fmt::print("{:<9} ", name);
        if (!fs::exists(program)) {
            fmt::print("not built; it needs liburing: ./learn install bench\n");
            return;
        }
        const std::vector<std::string> argv{program, "fetch", "-q", "-i", long_list};
        const auto cost = measure(argv, {.stdout_to = "/dev/null"});
        if (cost.exit_status != 0) {
            fmt::print("does not run here; ./learn doctor says why\n");
            return;
        }
        const std::vector<std::string> traced{
            "strace",          "-f",    "-c",    "-U", "name,calls", "-o",
            scratch / "calls", program, "fetch", "-q", "-i",         short_list};
        long calls = 0;
        try {
            if (measure(traced, {.stdout_to = "/dev/null"}).exit_status == 0)
                calls = all_calls(scratch / "calls");
        } catch (const std::system_error&) { // no strace
        }
        const std::chrono::duration<double> wall = cost.command;
        fmt::print("{:>10.0f} {:>7.1f} µs    {:>12}\n", many / wall.count(),
                   static_cast<double>(cost.cpu.count()) / many,
                   calls > 0 ? fmt::format("{}", calls) : "needs strace");
    };
    run("epoll", LADDER_BIN_DIR "/10_asio");
    run("io_uring", LADDER_BIN_DIR "/10_asio_uring");
    return 0;
}

} // namespace ladder::asio
