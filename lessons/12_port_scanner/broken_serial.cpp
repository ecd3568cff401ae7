// Deliberately wrong: waits for one silent port after the other. Each is a whole timeout
// in which nobody does anything.

#include "fibers_on_asio/event_loop.hpp"
#include "loopback_ports.hpp"
#include "scan.hpp"
#include "workbench/stopwatch.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <random>

using namespace ladder::port_scanner;

int main() {
    constexpr std::chrono::milliseconds timeout{100};
    std::mt19937 random{std::random_device{}()};
    const silent_ports silent{10, random};
    number_set ports;
    for (const std::uint16_t port : silent.ports())
        ports.add({port, port});
    const targets all{parse_hosts("127.0.0.1"), ports};

    ladder::fibers_on_asio::event_loop loop;
    for (const std::size_t fibers : {1, 10}) { // the second one is right
        const ladder::stopwatch watch;
        scan(loop, all, {0, all.size()}, {.fibers = fibers, .timeout = timeout},
             [](std::uint64_t, const verdict&) {});
        const std::chrono::duration<double> time = watch.elapsed().wall;
        const auto timeouts = std::lround(time / timeout);
        fmt::print("{} silent ports, {} at a time: {:.1f} s, {} times the timeout\n",
                   all.size(), fibers, time.count(), timeouts);
    }
}
