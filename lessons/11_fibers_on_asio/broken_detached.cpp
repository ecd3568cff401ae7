// A fiber that nobody joins, still waiting when its event loop is gone.

#include "event_loop.hpp"
#include "yield.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>

using namespace ladder::fibers_on_asio;
using clock_type = std::chrono::steady_clock;

namespace {

double cpu_seconds() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

void leave_a_fiber_behind() {
    event_loop loop;
    boost::fibers::fiber{[&] {
        asio::steady_timer timer{loop.context(), std::chrono::hours{1}};
        timer.async_wait(yield);
    }}.detach();
    boost::this_fiber::yield(); // it begins to wait
}

} // namespace

int main() {
    const auto start = clock_type::now();
    std::atomic<bool> returned = false;
    std::thread victim{[&] {
        leave_a_fiber_behind();
        returned = true;
    }};
    while (cpu_seconds() < 0.3 && clock_type::now() < start + std::chrono::seconds{20})
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    const std::chrono::duration<double> wall = clock_type::now() - start;
    fmt::print("the function {}, but its thread cannot end: it waits for the fiber, "
               "{:.1f} s of CPU in {:.1f} s\n",
               returned ? "returned" : "hangs", cpu_seconds(), wall.count());
    std::fflush(stdout);
    std::_Exit(0);
}
