// Compares coroutines with threads. One of them has five hundred in flight, and the other
// as many as its pool has by default.

#include "database.hpp"
#include "ways.hpp"

#include <fmt/format.h>

#include <chrono>

using namespace ladder::five_hundred_databases;

namespace {

double seconds(answers (*ask)(const question&), question q, std::size_t in_flight) {
    q.in_flight = in_flight;
    const auto start = std::chrono::steady_clock::now();
    ask(q);
    return std::chrono::duration<double>{std::chrono::steady_clock::now() - start}
        .count();
}

} // namespace

int main() {
    const database server{database::kind::stand_in};
    const question q{.port = server.port()};
    // [race]
    const double threads = seconds(thread_pool, q, 14); // a default size
    const double coroutine = seconds(coroutines, q, 500);
    fmt::print("coroutines are {:.0f} times as fast as threads\n", threads / coroutine);
    // [/race]
    const double as_many = seconds(thread_pool, q, 500);
    fmt::print("with 500 in flight both: {:.1f} times\n", as_many / coroutine);
}
