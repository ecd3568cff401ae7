// Deliberately wrong: forks while another thread holds a lock. The child has a copy of
// the lock, which is locked, and no copy of the thread, which would unlock it.

#include "child_process.hpp"

#include <fmt/format.h>

#include <future>
#include <mutex>
#include <thread>

#include <unistd.h>

using namespace ladder::processes;

int main() {
    std::mutex log; // any lock of any library will do
    const auto write_to_the_log = [&] {
        ::alarm(1); // so that this ends
        const std::lock_guard lock{log};
        return 0;
    };

    child_process before = child_process::fork(write_to_the_log);

    std::promise<void> locked, done;
    std::thread writer{[&] {
        const std::lock_guard lock{log};
        locked.set_value();
        done.get_future().wait();
    }};
    locked.get_future().wait();
    child_process after = child_process::fork(write_to_the_log);

    fmt::print("forked before the thread: {}\n", describe(before.wait()));
    fmt::print("forked beside the thread: {}\n", describe(after.wait()));
    done.set_value();
    writer.join();
}
