// An event loop that has nothing to do ends, unless something keeps it.

#include "event_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/fiber/future.hpp>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <optional>
#include <thread>

using namespace ladder::fibers_on_asio;

namespace {

double cpu_seconds() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
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
    const double before = cpu_seconds();
    wait_for_another_thread(guarded);
    const double used = cpu_seconds() - before;
    fmt::print("{} a work guard: waiting 0.5 s took {:.2f} s of CPU: it {}\n",
               guarded ? "with" : "without", used, used > 0.05 ? "spun" : "slept");
}

} // namespace

int main() {
    show(false);
    show(true);
}
