// Deliberately wrong: the futures are thrown away. Three tasks of ten fail, and what they
// threw is in a place where nobody looks.

#include "process_pool.hpp"

#include <fmt/format.h>

#include <stdexcept>

using ladder::process_pool::process_pool;

int main() {
    process_pool<int, int> pool{[](int n) -> int {
                                    if (n % 3 == 1) throw std::runtime_error{"no"};
                                    return n;
                                },
                                {.workers = 2}};
    for (int n = 0; n < 10; ++n)
        pool.submit(n); // wrong: what became of it?
    pool.join();
    fmt::print("10 tasks, no complaint\n");
}
