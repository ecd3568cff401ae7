// pool.submit(), compiled at the same time as the test.

#include "submit.hpp"

#include <functional>
#include <future>
#include <utility>

std::future<void> hand_in(ladder::small_pool& pool, std::function<void()> work) {
    return pool.submit(std::move(work));
}

std::future<int> hand_in(ladder::small_pool& pool, std::function<int()> work) {
    return pool.submit(std::move(work));
}
