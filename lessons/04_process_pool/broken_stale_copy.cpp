// Deliberately wrong: the task reads a variable of the parent. A worker has the copy from
// when it was forked. So a change is not seen, until a worker dies and its successor is a
// copy of a later day: two workers of one pool, two answers.

#include "process_pool.hpp"

#include <fmt/format.h>

#include <csignal>

using ladder::process_pool::process_pool;

int main() {
    int rate = 1;
    process_pool<int, int> pool{[&rate](int amount) { return amount * rate; },
                                {.workers = 1}};
    fmt::print("rate {}: 100 becomes {}\n", rate, pool.submit(100).get());
    rate = 2;
    fmt::print("rate {}: 100 becomes {}\n", rate, pool.submit(100).get());
    ::kill(pool.pids().front(), SIGKILL);
    fmt::print("after a worker's death: {}\n", pool.submit(100).get());
}
