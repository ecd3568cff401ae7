// Fetches a list into a job, is killed at a moment of your choice, and goes on:
//
//     ./learn run 13 kill-at worker: page renamed@200 all

#include "job.hpp"
#include "kill_order.hpp"
#include "processes/child_process.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace ladder;
using fetcher::kill_order_variable;

namespace {

using words = std::vector<std::string>;

constexpr int pages = 300;
constexpr std::chrono::milliseconds page_delay{20};
const std::string folder = "job"; // in the current directory, which is a temporary one
const words fetch{"fetcher", "-i", "urls.txt", "-o", folder, "-p", "2", "-c", "8"};

void write_list(const slow_server& server) {
    std::ofstream list{"urls.txt"};
    for (const std::string& url : server.pages(pages, page_delay))
        list << url << '\n';
}

volatile std::sig_atomic_t interrupted = 0;

struct stopped {};

/// Shows a command, and what it prints.
processes::exit_status run(words argv, std::string_view variable = "") {
    fmt::print("$ {}{}\n", variable, fmt::join(argv, " "));
    std::fflush(stdout);
    argv[0] = LADDER_BIN_DIR "/fetcher";
    // Ctrl-C is for the program, which then says how to go on; this one waits for it.
    const auto before = std::signal(SIGINT, [](int) { interrupted = 1; });
    const auto end = processes::child_process::spawn(argv).wait();
    std::signal(SIGINT, before);
    if (interrupted != 0) throw stopped{};
    return end;
}

/// Also with a number behind @, which the fetcher would refuse to obey otherwise.
bool is_point(std::string_view order) {
    if (order.ends_with(" all")) order.remove_suffix(4);
    const std::size_t at = std::min(order.find('@'), order.size());
    const std::string_view time = order.substr(at);
    const auto points = fetcher::kill_points();
    return std::ranges::find(points, order.substr(0, at)) != points.end() &&
           (time.empty() || (time.find_first_not_of("0123456789", 1) == time.npos &&
                             time.find_first_not_of('0', 1) != time.npos));
}

int show(const std::string& order) {
    const slow_server server;
    const temporary_folder scratch;
    std::filesystem::current_path(scratch.path());
    write_list(server);

    ::setenv(kill_order_variable, order.c_str(), 1);
    const auto end = run(fetch, fmt::format("{}='{}' ", kill_order_variable, order));
    ::unsetenv(kill_order_variable);
    fmt::print("the supervisor: {}\n", describe(end));
    if (end.success() && (order.ends_with(" all") || !order.starts_with("worker")))
        fmt::print("nobody was killed: the moment did not come so often\n");
    fmt::print("\n");

    if (fetcher::is_job(folder)) {
        run({"fetcher", "status", folder});
        fmt::print("\n");
        if (!end.success()) run({"fetcher", "resume", folder});
    } else {
        fmt::print("there was no job yet; so the same command again\n\n");
        run(fetch);
    }
    const auto verified = run({"fetcher", "verify", folder});
    const auto asked = server.stats().requests;
    fmt::print("\nthe server was asked {} times for {} pages\n", asked, pages);
    std::filesystem::current_path("/");
    return verified.success() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) try {
    const std::string order =
        fmt::format("{}", fmt::join(std::span{argv + 1, argv + argc}, " "));
    if (is_point(order)) return show(order);
    fmt::print(
        stderr,
        "kill_at: {}it takes a moment; @3 is the third time, all is for everybody, "
        "as in\n  ./learn run 13 kill-at worker: page renamed@200 all\n"
        "the moments, in the order of a run:\n  {}\n",
        order.empty() ? "" : fmt::format("there is no '{}'; ", order),
        fmt::join(fetcher::kill_points(), "\n  "));
    return 2;
} catch (const stopped&) {
    return 128 + SIGINT;
} catch (const std::exception& error) {
    fmt::print(stderr, "kill_at: {}\n", error.what());
    return 1;
}
