// Deliberately wrong: a fiber that lets its *thread* sleep. The two others, which want to
// say "tick" every 10 ms, have no turn meanwhile. With the sleep of a fiber they have.

#include "fiber_group.hpp"

#include <boost/fiber/operations.hpp>
#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <thread>

using namespace std::chrono_literals;
using ladder::fibers::fiber_group;

namespace {

/// How many ticks of two other fibers come while one of them sleeps.
int ticks_during(const std::function<void()>& sleep) {
    int ticks = 0, during = 0;
    bool asleep = true;
    fiber_group group;
    for (int i = 0; i < 2; ++i)
        group.spawn([&] {
            while (asleep) {
                boost::this_fiber::sleep_for(10ms);
                ++ticks;
            }
        });
    group.spawn([&] {
        boost::this_fiber::yield(); // the others have begun
        const int before = ticks;
        sleep();
        during = ticks - before;
        asleep = false;
    });
    group.join();
    return during;
}

} // namespace

int main() {
    fmt::print(
        "a fiber calls std::this_thread::sleep_for(200ms): {:>2} ticks meanwhile\n",
        ticks_during([] { std::this_thread::sleep_for(200ms); }));
    fmt::print(
        "a fiber calls boost::this_fiber::sleep_for(200ms): {:>2} ticks meanwhile\n",
        ticks_during([] { boost::this_fiber::sleep_for(200ms); }));
}
