// Rung 01: one page after the other, and what that costs.

#include "serial.hpp"
#include "workbench/demo.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace ladder::serial {

int show_bound(), show_model(); // demo_costs.cpp

} // namespace ladder::serial

namespace {

using namespace ladder;
using namespace std::chrono_literals;
using ms = std::chrono::duration<double, std::milli>;

// The loop of fetch_all, but it shows each page as soon as it is there.
void fetch_and_show(const slow_server& server, const std::vector<std::string>& targets,
                    const fetch_options& options = {}) {
    const timeline::recording recording;
    const stopwatch watch;
    for (const std::string& target : targets) {
        const page p = serial::fetch(server.url(target), options);
        fmt::print("{:>7.0f} ms   {:<18}  {}\n", ms{watch.elapsed().wall}.count(), target,
                   p.error ? p.error.message() : fmt::format("status {}", p.status));
        std::fflush(stdout);
    }
    const usage cost = watch.elapsed();
    const ms wall = cost.wall, cpu = cost.cpu;
    fmt::print("\n{}\n{:.0f} ms on the clock, {:.1f} ms of them on a core.\n"
               "The program did nothing for {:.1f} % of its time.\n",
               timeline::draw_terminal(recording.intervals()), wall.count(), cpu.count(),
               100 * (1 - cpu / wall));
}

int loop() {
    const slow_server server;
    fmt::print("Ten pages, one after the other. The server takes 100 ms for each.\n\n");
    std::vector<std::string> targets;
    targets.reserve(10);
    for (int i = 0; i < 10; ++i)
        targets.push_back(fmt::format("/page/{}?delay=100", i));
    fetch_and_show(server, targets);
    return 0;
}

int hang() {
    const slow_server server;
    fmt::print(
        "The second of four pages never comes. After 800 ms the loop gives up.\n\n");
    fetch_and_show(server, {"/delay/100", "/hang", "/delay/100?b", "/delay/100?c"},
                   {.timeout = 800ms});
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    return run_demos(argc, argv,
                     {{"loop", "ten slow pages, and where the time goes", loop},
                      {"hang", "one page that never comes holds up the others", hang},
                      {"bound", "the same time, spent computing and spent waiting",
                       serial::show_bound},
                      {"model", "what two million pages cost", serial::show_model},
                      fetch_demo(serial::fetch_all)});
}
