// Deliberately wrong: two fibers switch in the middle of a catch block. Which exception
// is being handled, the C++ library remembers for each thread, and not for each stack:
// `throw;` takes the newest.

#include "scheduler.hpp"

#include <fmt/format.h>

using ladder::switching::scheduler;

namespace {

void fail(scheduler& tasks, const char* name) {
    try {
        throw name;
    } catch (const char* caught) {
        tasks.yield(); // the other one throws meanwhile
        try {
            throw;
        } catch (const char* again) {
            fmt::print("{}: caught {}, rethrew {}\n", name, caught, again);
        }
        if (*name == 'a') tasks.yield();
    }
}

} // namespace

int main() {
    scheduler tasks;
    tasks.spawn([&] { fail(tasks, "a"); });
    tasks.spawn([&] { fail(tasks, "b"); });
    tasks.run();
}
