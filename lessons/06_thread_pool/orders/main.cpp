// All orders in which a pool can do two tasks. Compiled with hooks at every access
// (../../00_workbench/explore/explore.hpp), the pool too, and so a program of its own;
// `./learn run 06 orders` runs it.

#include "../thread_pool.cpp"
#include "workbench/explore/explore.hpp"
#include "workbench/option_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <string>

using ladder::explore;
using ladder::outcome;

/// A pool gets task a, then task b. Says what is done in which order, in how many orders
/// of its threads.
static void play(std::size_t threads) {
    const auto both = [threads] {
        std::string done;
        std::mutex mutex;
        {
            ladder::thread_pool::thread_pool pool{threads};
            for (const char task : {'a', 'b'})
                pool.submit([&done, &mutex, task] {
                    const std::lock_guard lock{mutex};
                    done += done.empty() ? "" : " then ";
                    done += task;
                });
        }
        outcome(done);
    };
    auto all = explore({.preemptions = 1}, both);
    std::ranges::sort(all.outcomes);
    fmt::print("{} thread{}  {:>6} orders   done: ", threads, threads == 1 ? " " : "s",
               all.orders);
    for (std::size_t i = 0; i < all.outcomes.size(); ++i)
        fmt::print("{}{}", i == 0 ? "" : ", or ", all.outcomes[i].first);
    fmt::print("\n{}", all.holds() ? "" : all.text());
}

int main(int argc, char** argv) {
    ladder::option_parser options{"06_thread_pool_orders",
                                  "All orders in which a pool can do two tasks."};
    if (const auto status = options.parse(argc, argv)) return *status;
    fmt::print("A pool gets task a, and then task b. In every order of its threads with "
               "up to\n1 interruption:\n\n");
    play(1);
    play(2);
}
