// The instruments of this course, one demo each.

#include "demo.hpp"
#include "stopwatch.hpp"
#include "timeline.hpp"

#include <fmt/format.h>

#include <thread>

namespace ladder {

int show_timing(), show_measure(arguments); // demo_stopwatch.cpp
int show_server();                          // demo_server.cpp
int show_interleave();                      // demo_interleave.cpp

namespace {

using namespace std::chrono_literals;
using timeline::kind;
using timeline::span;

int show_timeline() {
    // [timeline]
    const ladder::timeline::recording recording;
    const auto fetch = [](const char* page, std::chrono::milliseconds late) {
        const span wait{kind::waits, page};
        std::this_thread::sleep_for(late);
    };
    {
        const std::jthread a{[&] { fetch("page 1", 100ms), fetch("page 2", 150ms); }};
        const std::jthread b{[&] { fetch("page 3", 200ms); }};
        const span run{kind::runs, "work"};
        const ladder::stopwatch watch;
        while (watch.elapsed().wall < 50ms) {
        }
    }
    fmt::print("{}", ladder::timeline::draw_terminal(recording.intervals()));
    // [/timeline]
    return 0;
}

} // namespace

} // namespace ladder

int main(int argc, char** argv) {
    using namespace ladder;
    return run_demos(
        argc, argv,
        {{"timing", "the clock that times the launch, not the work", show_timing},
         {"measure", "what a program costs: measure [COMMAND...]", show_measure},
         {"server", "a server with every fault on demand", show_server},
         {"timeline", "who ran and who waited", show_timeline},
         {"interleave", "a lost update, by luck and by force", show_interleave}});
}
