// An event loop that has nothing to do ends, unless something keeps it.

#include "event_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/fiber/future.hpp>
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <thread>

using namespace ladder::fibers_on_asio;

namespace {

/// How long this thread was on a core, or would have been if there had been one free
/// (sched-stats, "schedstat" in the kernel's documentation).
double seconds_awake() {
    double on_a_core = 0, in_the_queue = 0; // ns
    std::ifstream{"/proc/thread-self/schedstat"} >> on_a_core >> in_the_queue;
    return (on_a_core + in_the_queue) / 1e9;
}

void wait_for_another_thread(bool guarded) {
    asio::io_context io{1};
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard;
    if (guarded) guard.emplace(io.get_executor());
    boost::fibers::use_scheduling_algorithm<io_scheduler>(io);

    boost::fibers::promise<void> answer;
    std::thread slow{[&] {
        std::this_thread::sleep_for(std::chrono::milliseconds{500});
        answer.set_value();
    }};
    answer.get_future().wait();
    slow.join();
    boost::fibers::use_scheduling_algorithm<boost::fibers::algo::round_robin>();
}

void show(bool guarded) {
    const double before = seconds_awake();
    wait_for_another_thread(guarded);
    const double awake = seconds_awake() - before;
    fmt::print("{} a work guard: awake for {:.2f} s of 0.5 s: it {}\n",
               guarded ? "with" : "without", awake, awake > 0.25 ? "spun" : "slept");
}

} // namespace

int main() {
    show(false);
    show(true);
}
