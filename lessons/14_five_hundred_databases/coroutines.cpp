// C++20 coroutines on Asio. This file is compiled twice: here on epoll, and for the
// program `ask_io_uring` on io_uring. Not a line of it differs.

#include "mysql_client.hpp"
#include "ways.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <variant>

namespace ladder::five_hundred_databases {

namespace asio = boost::asio;
namespace mysql = boost::mysql;

namespace {

// [ask]
asio::awaitable<std::string> ask(const question& q, std::size_t number) {
    mysql::tcp_connection connection{co_await asio::this_coro::executor};
    mysql::diagnostics said;
    mysql::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await connection.async_connect(endpoint_of(q, number), login(q), said, token);
    if (error) co_return describe(error, said);

    mysql::results results;
    co_await connection.async_execute(q.query, results, said, token);
    const std::string problem = error ? describe(error, said) : check(results);
    co_await connection.async_close(said, token);
    co_return problem.empty() ? describe(error, said) : problem;
}

// [/ask]

asio::awaitable<void> pause(std::chrono::milliseconds time) {
    asio::steady_timer timer{co_await asio::this_coro::executor, time};
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> lane(const question& q, std::size_t& next, answers& all) {
    using namespace asio::experimental::awaitable_operators;
    while (next < q.first + q.hosts) {
        const std::size_t mine = next++;
        const auto first = co_await (ask(q, mine) || pause(q.timeout));
        const std::string* answer = std::get_if<0>(&first);
        all.add(answer ? *answer : "no answer in time");
    }
}

} // namespace

answers coroutines(const question& q) {
    asio::io_context io{1};
    answers all;
    std::size_t next = q.first;
    for (std::size_t i = 0; i < std::min(q.in_flight, q.hosts); ++i)
        asio::co_spawn(io, lane(q, next, all), [](const std::exception_ptr& error) {
            if (error) std::rethrow_exception(error);
        });
    io.run();
    return all;
}

} // namespace ladder::five_hundred_databases
