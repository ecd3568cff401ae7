// Rung 06: a few threads that stay, and a queue of work.

#include "thread_pool.hpp"
#include "workbench/demo.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

namespace ladder::thread_pool {

int show_errors(), show_shutdown(), show_self(); // demo_ends.cpp
int show_asio(), show_memory();                  // demo_costs.cpp
int show_pictures();                             // demo_pictures.cpp
int show_orders();                               // demo_orders.cpp

namespace {

using ms = std::chrono::duration<double, std::milli>;

int pages() {
    const slow_server server;
    const auto urls = server.pages(20);
    const timeline::recording recording;
    const stopwatch watch;
    fetch_all(urls, {.in_flight = 10});
    const usage cost = watch.elapsed();
    fmt::print("Twenty pages of 100 ms, ten threads.\n\n{}\n",
               timeline::draw_terminal(recording.intervals()));
    fmt::print("{:.0f} ms, {:.1f} ms of CPU, {} pages in flight at most\n",
               ms{cost.wall}.count(), ms{cost.cpu}.count(),
               server.stats().peak_in_flight);
    return 0;
}

int hang() {
    const slow_server server;
    fmt::print("Two threads, six pages of 100 ms, but the second never comes.\n\n");
    const timeline::recording recording;
    auto urls = server.pages(6);
    urls[1] = server.url("/hang");
    const auto fetched =
        fetch_all(urls, {.in_flight = 2, .timeout = std::chrono::milliseconds{800}});
    for (std::size_t i = 0; i < urls.size(); ++i)
        fmt::print("page {}   {:>4.0f} ms   {}\n", i, ms{fetched[i].elapsed}.count(),
                   fetched[i].error ? fetched[i].error.message()
                                    : fmt::format("status {}", fetched[i].status));
    fmt::print("\n{}", timeline::draw_terminal(recording.intervals()));
    return 0;
}

} // namespace

} // namespace ladder::thread_pool

int main(int argc, char** argv) {
    using namespace ladder::thread_pool;
    return ladder::run_demos(
        argc, argv,
        {{"pages", "twenty slow pages, ten threads", pages},
         {"hang", "a page that never comes holds up nobody", hang},
         {"errors", "results and exceptions come out of futures", show_errors},
         {"shutdown", "with the rest, and without", show_shutdown},
         {"orders", "all orders in which a pool can do two tasks", show_orders},
         {"self", "a pool that waits for itself, and helps", show_self},
         {"asio", "asio::thread_pool beside ours", show_asio},
         {"pictures", "the pictures of four folders, compressed by one thread and by two",
          show_pictures},
         {"memory", "what 1,000 threads cost that wait", show_memory},
         ladder::fetch_demo(fetch_all)});
}
