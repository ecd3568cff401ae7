// Deliberately wrong: prints how long the launch took and calls it the running time, and
// never joins what it started. `measure` of stopwatch.hpp shows both.

#include <chrono>
#include <cstdio>
#include <thread>

#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr int workers = 4;
constexpr auto page_time = 500ms;

void fetch_in_a_process() {
    if (::fork() != 0) return; // nobody remembers the child
    std::this_thread::sleep_for(page_time);
    ::_exit(0);
}

} // namespace

int main() {
    // [launch]
    const auto start = steady_clock::now();
    for (int i = 0; i < workers; ++i)
        fetch_in_a_process();
    const std::chrono::duration<double> time = steady_clock::now() - start;
    std::printf("running time: %.2f s\n", time.count());
    // [/launch]
}
