// Deliberately wrong: `map` is called once for each item, with a list of one. It returns
// when that one is done, so a pool of four does the work of one.

#include "process_pool.hpp"
#include "serial/serial.hpp"
#include "workbench/slow_server.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

using namespace ladder;

int main() {
    const slow_server server;
    std::vector<std::string> urls;
    urls.reserve(8);
    for (int i = 0; i < 8; ++i)
        urls.push_back(server.url(fmt::format("/delay/50?i={}", i)));
    process_pool::process_pool<std::string, int> pool{
        [](const std::string& url) { return serial::fetch(url, {}).status; },
        {.workers = 4}};

    for (const std::string& url : urls)
        pool.map(std::vector{url}); // wrong
    fmt::print("map for each item:   {} of 4 workers had work\n",
               server.stats().peak_in_flight);
    server.reset_stats();
    pool.map(urls); // right
    fmt::print("map for all of them: {} of 4 workers had work\n",
               server.stats().peak_in_flight);
}
