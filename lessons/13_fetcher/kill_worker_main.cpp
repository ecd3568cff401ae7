// Fetches a list with the fetcher, kills one of its workers in the middle, and counts the
// results.

#include "processes/child_process.hpp"
#include "processes/pipe.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/slow_server.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

using namespace ladder;

namespace {

constexpr int pages = 2'000;
constexpr int kill_after = 500; // results

/// The file of a list of URLs, in memory.
processes::unique_fd list_of(const slow_server& server) {
    processes::unique_fd list{::memfd_create("urls", MFD_CLOEXEC)};
    std::string lines;
    for (int i = 0; i < pages; ++i)
        lines += server.url(fmt::format("/page/{}?delay=100", i)) + "\n";
    if (!list || processes::write_all(list.get(), lines))
        throw std::runtime_error{"list"};
    ::lseek(list.get(), 0, SEEK_SET);
    return list;
}

pid_t first_child_of(pid_t parent) {
    std::ifstream children{fmt::format("/proc/{0}/task/{0}/children", parent)};
    pid_t child = 0;
    if (!(children >> child)) throw std::runtime_error{"the fetcher has no worker"};
    return child;
}

void show() {
    const slow_server server;
    const auto list = list_of(server);
    processes::pipe_ends results = processes::make_pipe();
    const std::string program = LADDER_BIN_DIR "/fetcher";
    const std::vector<std::string> argv{program, "-i", "-",         "-p", "2",
                                        "-c",    "64", "--results", "-",  "--quiet"};
    auto fetcher = processes::child_process::spawn(
        argv, {.input = list.get(), .output = results.write.get()});
    results.write.reset();

    std::map<std::string, int> seen; // results by their beginning, which has the URL
    int count = 0;
    std::FILE* lines = ::fdopen(results.read.release(), "r");
    char* line = nullptr;
    std::size_t room = 0;
    while (::getline(&line, &room, lines) > 0) {
        const std::string text{line};
        ++seen[text.substr(0, text.find(','))];
        if (++count == kill_after) {
            const pid_t victim = first_child_of(fetcher.pid());
            ::kill(victim, SIGKILL);
            fmt::print("{} results, then: kill -9 {}\n", count, victim);
        }
    }
    std::free(line);
    std::fclose(lines);
    const auto status = fetcher.wait();
    int twice = 0;
    for (const auto& [url, times] : seen)
        twice += times - 1;
    fmt::print("{} pages: {} missing, {} twice; the fetcher {}\n", pages,
               pages - static_cast<int>(seen.size()), twice, describe(status));
}

} // namespace

int main(int argc, char** argv) try {
    option_parser options{"kill_worker",
                          "Fetches a list, and kills a worker in the middle."};
    if (const auto status = options.parse(argc, argv)) return *status;
    show();
} catch (const std::exception& error) {
    fmt::print(stderr, "kill_worker: {}\n", error.what());
    return 1;
}
