// Fibers on Asio: reads like the blocking way, waits like the coroutines.

#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/yield.hpp"
#include "mysql_client.hpp"
#include "ways.hpp"

#include <boost/fiber/fiber.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace ladder::five_hundred_databases {

namespace mysql = boost::mysql;
using fibers_on_asio::event_loop;
using fibers_on_asio::yield;

namespace {

// [ask]
std::string ask(event_loop& loop, const question& q, std::size_t number) {
    const auto until = yield.until(std::chrono::steady_clock::now() + q.timeout);
    mysql::tcp_connection connection{loop.context()};
    mysql::diagnostics said;
    mysql::error_code error;
    connection.async_connect(endpoint_of(q, number), login(q), said, until[error]);
    if (error) return describe(error, said);

    mysql::results results;
    connection.async_execute(q.query, results, said, until[error]);
    const std::string problem = error ? describe(error, said) : check(results);
    connection.async_close(said, until[error]);
    return problem.empty() ? describe(error, said) : problem;
}

// [/ask]

} // namespace

answers fibers(const question& q) {
    event_loop loop;
    answers all;
    std::size_t next = q.first;
    std::vector<boost::fibers::fiber> fibers(std::min(q.in_flight, q.hosts));
    for (auto& fiber : fibers)
        fiber = boost::fibers::fiber{[&] {
            while (next < q.first + q.hosts) {
                const std::size_t mine = next++;
                all.add(ask(loop, q, mine));
            }
        }};
    for (auto& fiber : fibers)
        fiber.join();
    return all;
}

answers processes_and_fibers(const question& q) {
    return in_processes(q, q.processes, fibers);
}

std::span<const way> all_ways() {
    static constexpr std::array ways{
        way{"serial", serial},
        way{"processes", processes},
        way{"process_pool", process_pool},
        way{"threads", threads},
        way{"thread_pool", thread_pool},
        way{"coroutines", coroutines},
        way{"fibers", fibers},
        way{"processes_and_fibers", processes_and_fibers},
    };
    return ways;
}

} // namespace ladder::five_hundred_databases
