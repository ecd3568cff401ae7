// Deliberately wrong: a mutex for threads, held by a fiber that waits. The next fiber
// locks it too, and blocks the thread; the first one, which would unlock it, is a fiber
// of the same thread. (The victim is a process of its own, and an alarm ends it.)

#include "fiber_group.hpp"
#include "processes/child_process.hpp"

#include <boost/fiber/operations.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <mutex>

#include <unistd.h>

using ladder::fibers::fiber_group;
using ladder::processes::child_process;

namespace {

int deposit_twice() {
    std::signal(SIGALRM, SIG_DFL);
    ::alarm(1);
    std::mutex mutex;
    fiber_group group;
    for (const char* name : {"a", "b"})
        group.spawn([&, name] {
            std::printf("%s locks\n", name);
            std::fflush(stdout);
            const std::lock_guard lock{mutex};
            boost::this_fiber::yield();
            std::printf("%s unlocks\n", name);
        });
    group.join();
    return 0;
}

} // namespace

int main() {
    const auto status = child_process::fork(deposit_twice).wait();
    fmt::print("after 1 s: {}\n", describe(status));
}
