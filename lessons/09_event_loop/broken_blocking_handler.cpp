// Deliberately wrong: a callback that blocks. There is one thread, so while the callback
// waits, nobody waits for all the others.

#include "event_loop.hpp"

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <thread>

using namespace ladder::event_loop;
using namespace std::chrono_literals;

int main() {
    reactor loop;
    int ticks = 0;
    const std::function<void()> tick = [&] {
        ++ticks;
        loop.call_at(reactor::clock::now() + 20ms, tick);
    };
    tick();
    loop.call_at(reactor::clock::now() + 200ms, [&] {
        const int before = ticks;
        std::this_thread::sleep_for(
            400ms); // a query, a file, a name: any call that waits
        fmt::print("a callback blocks for 400 ms: {} ticks meanwhile, of 20\n",
                   ticks - before);
        loop.stop();
    });
    loop.run();
}
