// Deliberately wrong: four readers share one Boost.Interprocess message_queue, and one of
// them is killed while it waits in receive(). It holds no lock. But the queue's condition
// variable still counts it as a waiter, and soon gives a wake-up to the dead.

#include "asleep.hpp"
#include "owned_name.hpp"
#include "processes/child_process.hpp"
#include "shared_memory.hpp"

#include <boost/interprocess/ipc/message_queue.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <vector>

using namespace ladder::ipc_queues;
using namespace std::chrono_literals;
using boost::interprocess::create_only;
using boost::interprocess::message_queue;
using ladder::processes::child_process;

namespace {

constexpr int readers = 4;
constexpr int most_jobs = 20;
constexpr auto send_limit = 1ms;

/// False when it sleeps in one look after the other, for far longer than its limit.
bool ends(child_process& process) {
    for (int looks = 0; looks < 100 && wait_until_asleep(process.pid()); ++looks) {
    }
    return process.try_wait().has_value();
}

/// False when all the readers sleep instead.
bool comes(const std::vector<child_process>& waiting, const std::atomic<int>& received,
           int job) {
    const auto sleeps = [](const child_process& p) { return wait_until_asleep(p.pid()); };
    while (received < job)
        if (std::ranges::all_of(waiting, sleeps) && received < job) return false;
    return true;
}

} // namespace

int main() {
    const owned_name name{"kill"};
    message_queue queue{create_only, name.c_str(), most_jobs, sizeof(int)};
    const shared<std::atomic<int>> received{0};
    std::optional<child_process> sender; // ends after the readers: it may hold the mutex
    std::vector<child_process> waiting;
    waiting.reserve(readers);
    for (int i = 0; i < readers; ++i)
        waiting.push_back(child_process::fork([&] {
            int job = 0;
            for (std::size_t size = 0;; ++*received) {
                unsigned priority = 0;
                queue.receive(&job, sizeof job, size, priority);
            }
            return 0;
        }));
    for (const child_process& reader : waiting)
        wait_until_asleep(reader.pid());
    fmt::print("{} readers wait in receive()\n", readers);
    waiting.back().kill(SIGKILL);
    fmt::print("one was {}\n", describe(waiting.back().wait()));
    waiting.pop_back();

    for (int job = 1; job <= most_jobs; ++job) {
        sender = child_process::fork([&] {
            const auto end = std::chrono::system_clock::now() + send_limit;
            return queue.timed_send(&job, sizeof job, /* priority */ 0, end) ? 0 : 1;
        });
        if (!ends(*sender)) {
            fmt::print("job {}: timed_send with a limit of {} ms hangs\n", job,
                       send_limit.count());
            return 0;
        }
        fmt::print("job {}: sent, {}\n", job,
                   comes(waiting, *received, job)
                       ? "received"
                       : "and not received; three readers sleep beside it");
    }
    fmt::print("no send hung, with this C library\n");
}
