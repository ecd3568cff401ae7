// Deliberately wrong: a process waits with std::atomic::wait in shared memory, and
// another one notifies it. The number arrives. The wake-up does not: the C++ library
// counts those who wait in memory of its own process, finds nobody, and makes no system
// call.
//
// shown-by: strace -f -e trace=futex

#include "asleep.hpp"
#include "processes/child_process.hpp"
#include "shared_memory.hpp"

#include <fmt/format.h>

#include <atomic>
#include <csignal>

using namespace ladder::ipc_queues;
using ladder::processes::child_process;

int main() {
    const shared<std::atomic<int>> ready{0};
    auto waiter = child_process::fork([&] {
        ready->wait(0);
        return 0;
    });
    wait_until_asleep(waiter.pid());
    ready->store(1);
    ready->notify_all();
    const bool sleeps = wait_until_asleep(waiter.pid());
    fmt::print("the number is {}, and the one who waits for it {}\n", ready->load(),
               sleeps ? "sleeps" : "is awake");
    waiter.kill(SIGKILL);
    fmt::print("it was {}\n", describe(waiter.wait()));
}
