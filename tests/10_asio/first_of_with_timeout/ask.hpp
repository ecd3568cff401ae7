#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <vector>

/// ladder::first_of_with_timeout(), compiled at the same time as the test.
boost::asio::awaitable<std::optional<int>>
ask(std::vector<boost::asio::awaitable<int>> jobs,
    std::chrono::steady_clock::duration limit);
