// Deliberately wrong: one seat is left, and three fibers look, pay and take it. Paying
// waits, and what they saw is no longer so when they go on. There is one thread, and
// nothing is shared that a lock would protect by itself.

#include "fiber_group.hpp"

#include <boost/fiber/operations.hpp>
#include <fmt/format.h>

#include <chrono>

using namespace std::chrono_literals;
using ladder::fibers::fiber_group;

int main() {
    int seats = 1, sold = 0;
    fiber_group group;
    for (const char* name : {"Ann", "Ben", "Cem"})
        group.spawn([&, name] {
            // [seat]
            if (seats == 0) return;
            boost::this_fiber::sleep_for(10ms); // the bank is asked
            --seats;
            // [/seat]
            ++sold;
            fmt::print("{} has paid, and has a seat\n", name);
        });
    group.join();
    fmt::print("{} sold, {} left\n", sold, seats);
}
