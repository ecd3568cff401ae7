// Deliberately wrong: the pool is not joined. Its destructor kills the workers, with the
// tasks that they have in hand.

#include "process_pool.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

using ladder::process_pool::process_pool;
using ladder::process_pool::result;

static int five_seconds(int n) {
    std::this_thread::sleep_for(std::chrono::seconds{5}); // stands for work
    fmt::print("task {} is done\n", n);
    return n;
}

int main() {
    int answers = 0;
    {
        process_pool<int, int> pool{five_seconds, {.workers = 5}};
        for (int n = 0; n < 5; ++n)
            pool.submit(n, [&](const result<int>&) { ++answers; });
        // wrong: no pool.join()
    }
    fmt::print("the end; {} answers of 5\n", answers);
}
