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
    // TODO: one after the other is not at the same time.
    std::vector<T> results;
    for (net::awaitable<T>& job : jobs)
        results.push_back(co_await std::move(job));
    co_return results;
}

} // namespace ladder
