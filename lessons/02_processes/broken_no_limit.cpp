// Deliberately wrong: two words of the list become a process, as long as there are words.
// Nobody counts the processes, so all of them run at the same time.

#include "child_process.hpp"
#include "processes.hpp"
#include "serial/serial.hpp"
#include "workbench/slow_server.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

using namespace ladder;
using namespace ladder::processes;

namespace {

constexpr std::size_t words = 400;

std::vector<std::string> pages(const slow_server& server, int late) {
    std::vector<std::string> urls;
    for (std::size_t i = 0; i < words; ++i)
        urls.push_back(server.url(fmt::format("/page/{}?delay={}", i, late)));
    return urls;
}

} // namespace

int main() {
    const slow_server server;
    {
        const auto urls = pages(server, 2'000);
        // [no_limit]
        std::vector<child_process> children;
        for (std::size_t i = 0; i < urls.size(); i += 2)
            children.push_back(child_process::fork([&] {
                serial::fetch_all(std::span{urls}.subspan(i, 2), {});
                return 0;
            }));
        for (child_process& child : children)
            child.wait();
        // [/no_limit]
    }
    fmt::print("{} words, two to a process: {} processes wait at the same time\n", words,
               server.stats().peak_in_flight);

    server.reset_stats();
    processes::fetch_all(pages(server, 20), {.in_flight = 8});
    fmt::print("{} words, a limit of 8:     {} processes wait at the same time\n", words,
               server.stats().peak_in_flight);
}
