// Rung 08: fibers, which can wait, and need one thread for any number of them.

#include "fiber_group.hpp"
#include "workbench/demo.hpp"

#include <boost/fiber/operations.hpp>
#include <fmt/format.h>

namespace ladder::fibers {

int show_sleeps(arguments);                                       // demo_sleeps.cpp
int show_update(), show_channel(), show_future(), show_barrier(); // demo_meeting.cpp
int show_many(arguments), show_costs(arguments), show_guards(arguments); // demo_costs.cpp

namespace {

int turns() {
    // [turns]
    fiber_group group;
    for (const char* name : {"a", "b"})
        group.spawn([name] {
            for (int turn = 1; turn <= 3; ++turn) {
                fmt::print("{} {}\n", name, turn);
                boost::this_fiber::yield();
            }
        });
    fmt::print("two fibers are ready, and none has begun\n");
    group.join();
    // [/turns]
    fmt::print("both have ended\n");
    return 0;
}

} // namespace

} // namespace ladder::fibers

int main(int argc, char** argv) {
    using namespace ladder::fibers;
    return ladder::run_demos(
        argc, argv,
        {{"turns", "two fibers take turns", turns},
         {"sleep", "a fiber's sleep and a thread's, drawn; --seconds 2", show_sleeps},
         {"update", "a lost update without any threads", show_update},
         {"channel", "one fiber produces, another consumes", show_channel},
         {"future", "a result, and an error, from another fiber", show_future},
         {"barrier", "nobody begins the next round alone", show_barrier},
         {"many", "200,000 fibers and as many coroutines; --count N", show_many},
         {"costs", "what a process, thread, fiber and coroutine cost", show_costs},
         {"guards", "guard pages, and how many the kernel gives you", show_guards}});
}
