// A fiber that nobody joins, still waiting when its event loop is gone.

#include "event_loop.hpp"
#include "workbench/stopwatch.hpp"
#include "yield.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

using namespace ladder::fibers_on_asio;
using namespace std::chrono_literals;

namespace {

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
    const ladder::stopwatch watch;
    std::atomic<bool> returned = false;
    std::thread victim{[&] {
        leave_a_fiber_behind();
        returned = true;
    }};
    ladder::usage cost;
    while (cost = watch.elapsed(), cost.cpu < 300ms && cost.wall < 20s)
        std::this_thread::sleep_for(10ms);
    const std::chrono::duration<double> wall = cost.wall, cpu = cost.cpu;
    fmt::print("the function {}, but its thread cannot end: it waits for the fiber, "
               "{:.1f} s of CPU in {:.1f} s\n",
               returned ? "returned" : "hangs", cpu.count(), wall.count());
    std::fflush(stdout);
    std::_Exit(0);
}
