// A process for each ten pages, which fetches them one after the other.

#include "child_process.hpp"
#include "serial/serial.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ladder::processes {

using ms = std::chrono::duration<double, std::milli>;

int show_batches() {
    const slow_server server;
    const auto urls = server.pages(25);
    constexpr std::size_t batch_size = 10;
    const stopwatch watch;
    std::vector<child_process> children;
    for (std::size_t first = 0; first < urls.size(); first += batch_size) {
        const std::size_t size = std::min(batch_size, urls.size() - first);
        const auto batch = std::span{urls}.subspan(first, size);
        fmt::print("process {} gets {} pages\n", children.size() + 1, size);
        children.push_back(child_process::fork([&] {
            serial::fetch_all(batch, {});
            return 0;
        }));
    }
    const ms launched = watch.elapsed().wall;
    for (child_process& child : children)
        child.wait();
    const ms done = watch.elapsed().wall;
    fmt::print("\nlaunched after {:>6.1f} ms\ndone after     {:>6.1f} ms, {} pages\n",
               launched.count(), done.count(), server.stats().requests);
    return 0;
}

} // namespace ladder::processes
