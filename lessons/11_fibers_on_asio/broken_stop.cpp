// Stops the io_context while a fiber waits for it.

#include "event_loop.hpp"
#include "yield.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

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

void stop_under_a_live_fiber() {
    event_loop loop;
    boost::fibers::fiber fiber{[&] {
        asio::steady_timer timer{loop.context(), std::chrono::hours{1}};
        timer.async_wait(yield);
    }};
    loop.context().stop(); // "now everything ends"
    fiber.join();
}

} // namespace

int main() {
    const auto start = clock_type::now();
    std::thread victim{stop_under_a_live_fiber};
    while (cpu_seconds() < 0.3 && clock_type::now() < start + std::chrono::seconds{20})
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    const std::chrono::duration<double> wall = clock_type::now() - start;
    fmt::print("stopped, but join() waits, and burns: {:.1f} s of CPU in {:.1f} s\n",
               cpu_seconds(), wall.count());
    std::fflush(stdout);
    std::_Exit(0); // the thread never ends
}
