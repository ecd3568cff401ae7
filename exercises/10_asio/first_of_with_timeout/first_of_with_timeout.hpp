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
    // TODO: there are more than one, the first may never end, or fail; and time goes by.
    static_cast<void>(limit);
    co_return co_await std::move(jobs.front());
}

} // namespace ladder
