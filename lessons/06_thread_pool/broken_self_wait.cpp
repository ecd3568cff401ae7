// Deliberately wrong: tasks of a pool wait for tasks of the same pool. All its threads
// wait, and nobody is left to begin what they wait for.

#include "thread_pool.hpp"

#include <atomic>
#include <cstdio>
#include <latch>

using namespace std::chrono_literals;
using pool_type = ladder::thread_pool::thread_pool;

namespace {

/// Hands in half of its work and waits for it. That receipt.get() would be for ever, so
/// this one looks whether it may give up.
bool outer(pool_type& pool, std::latch& both_run, const std::atomic<bool>& give_up) {
    both_run.arrive_and_wait();
    const auto receipt = pool.submit([] {});
    while (receipt.wait_for(1ms) != std::future_status::ready)
        if (give_up) return false;
    return true;
}

} // namespace

int main() {
    pool_type pool{2};
    std::latch both_run{2};
    std::atomic<bool> give_up = false;
    const auto work = [&] { return outer(pool, both_run, give_up); };
    auto a = pool.submit(work), b = pool.submit(work);
    while (pool.waiting() < 2) // the two that run will not end, so these will not begin
        std::this_thread::yield();
    std::printf("2 threads: 2 tasks run and wait for 2 that are in the queue.\n"
                "Nobody will ever begin those.\n");
    give_up = true;
    a.wait();
    b.wait();
    std::printf("They gave up, and then their threads were free to do the other two.\n");
}
