// Parallel map in every order of its threads.

#include "in_every_order.hpp"
#include "parallel_map.hpp"
#include "thread_pool/thread_pool.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <thread>
#include <vector>

using ladder::parallel_map;
using ladder::require;
using pool_type = ladder::thread_pool::thread_pool;

namespace {

std::vector<int> map(pool_type& pool, const std::vector<int>& items,
                     const std::function<int(int)>& function) {
    return parallel_map(pool, std::span<const int>{items}, function);
}

} // namespace

IN_EVERY_ORDER("in every order, every item has its result") {
    pool_type pool{2};
    std::array<int, 2> calls{};
    const auto me = std::this_thread::get_id();
    const auto results = map(pool, {0, 1}, [&](int n) {
        require(std::this_thread::get_id() != me, "the caller does a call itself");
        ++calls[static_cast<std::size_t>(n)];
        return n + 1;
    });
    require(results == std::vector{1, 2},
            "the results are not those of the items in order");
    require(calls[0] == 1 && calls[1] == 1, "the function is not called once for each");
}

IN_EVERY_ORDER("in every order, the first error in the order of the items comes out") {
    pool_type pool{2};
    int ended = 0;
    try {
        map(pool, {0, 1}, [&](int n) -> int {
            if (n == 1) ++ended;
            throw n;
        });
        require(false, "nothing is thrown");
    } catch (int thrown) {
        require(thrown == 0, "the error of a later item comes out");
        require(ended == 1, "it comes out while a call is running or waiting");
    }
}

IN_EVERY_ORDER("in every order, an error comes out when no call is running any more") {
    pool_type pool{1};
    int ended = 0;
    try {
        map(pool, {0, 1}, [&](int n) -> int {
            if (n == 0) throw 0;
            return ++ended;
        });
        require(false, "nothing is thrown");
    } catch (int) {
        require(ended == 1, "it comes out while a call is running or waiting");
    }
}

IN_EVERY_ORDER("in every order, results of one bit do not disturb each other") {
    pool_type pool{2};
    const std::array<int, 2> items{0, 1};
    const std::function<bool(int)> yes = [](int) { return true; };
    const auto results = parallel_map(pool, std::span<const int>{items}, yes);
    require(results == std::vector{true, true}, "one overwrote the other");
}
