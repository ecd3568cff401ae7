#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/cancellation_condition.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace ladder {

namespace net = boost::asio;

/// Runs all jobs at the same time, on the loop of the caller, and returns when the last
/// of them has ended: their results, in the order of the jobs.
///
/// When one of them throws, the others go on to their ends all the same. Then the error
/// that came first is thrown; first in time, not in the list.
template <class T>
net::awaitable<std::vector<T>> gather(std::vector<net::awaitable<T>> jobs) {
    if (jobs.empty()) co_return std::vector<T>{};

    // An operation that nobody has started yet, for each job.
    const net::any_io_executor loop = co_await net::this_coro::executor;
    std::vector<decltype(net::co_spawn(loop, std::move(jobs[0]), net::deferred))> tasks;
    for (net::awaitable<T>& job : jobs)
        tasks.push_back(net::co_spawn(loop, std::move(job), net::deferred));

    auto [order, errors, results] =
        co_await net::experimental::make_parallel_group(std::move(tasks))
            .async_wait(net::experimental::wait_for_all(), net::use_awaitable);
    for (const std::size_t job : order)
        if (errors[job]) std::rethrow_exception(errors[job]);
    co_return std::move(results);
}

} // namespace ladder
