#include "ask.hpp"

#include "first_of_with_timeout.hpp"

#include <utility>

boost::asio::awaitable<std::optional<int>>
ask(std::vector<boost::asio::awaitable<int>> jobs,
    std::chrono::steady_clock::duration limit) {
    return ladder::first_of_with_timeout(std::move(jobs), limit);
}
