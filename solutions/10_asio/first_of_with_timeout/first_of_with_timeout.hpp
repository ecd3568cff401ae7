#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/cancellation_condition.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace ladder {

namespace net = boost::asio;

/// Asks several at the same time and takes the first answer: runs all jobs, on the loop
/// of the caller, and returns what the first of them returns that succeeds. Nothing, when
/// none has after `limit`. When all of them have failed, there is nothing to wait for:
/// the error that came last is thrown.
///
/// Jobs that are not needed any more are cancelled; all have ended when this returns.
template <class T>
net::awaitable<std::optional<T>>
first_of_with_timeout(std::vector<net::awaitable<T>> jobs,
                      std::chrono::steady_clock::duration limit) {
    using namespace net::experimental::awaitable_operators;
    const net::any_io_executor loop = co_await net::this_coro::executor;
    net::steady_timer timer{loop, limit};

    // An operation that nobody has started yet, for each job.
    std::vector<decltype(net::co_spawn(loop, std::move(jobs[0]), net::deferred))> tasks;
    for (net::awaitable<T>& job : jobs)
        tasks.push_back(net::co_spawn(loop, std::move(job), net::deferred));

    auto ended = co_await (
        net::experimental::make_parallel_group(std::move(tasks))
            .async_wait(net::experimental::wait_for_one_success(), net::use_awaitable) ||
        timer.async_wait(net::use_awaitable));
    if (ended.index() == 1) co_return std::nullopt;

    auto& [order, errors, results] = std::get<0>(ended);
    for (const std::size_t job : order)
        if (!errors[job]) co_return std::move(results[job]);
    std::rethrow_exception(errors[order.back()]);
}

} // namespace ladder
