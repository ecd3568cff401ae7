// Stops the io_context while a fiber waits for it.

#include "event_loop.hpp"
#include "workbench/stopwatch.hpp"
#include "yield.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

using namespace ladder::fibers_on_asio;
using namespace std::chrono_literals;

namespace {

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
    const ladder::stopwatch watch;
    std::thread victim{stop_under_a_live_fiber};
    ladder::usage cost;
    while (cost = watch.elapsed(), cost.cpu < 300ms && cost.wall < 20s)
        std::this_thread::sleep_for(10ms);
    const std::chrono::duration<double> wall = cost.wall, cpu = cost.cpu;
    fmt::print("stopped, but join() waits, and burns: {:.1f} s of CPU in {:.1f} s\n",
               cpu.count(), wall.count());
    std::fflush(stdout);
    std::_Exit(0); // the thread never ends
}
