#pragma once

#include "submit.hpp"

#include <functional>
#include <future>

// Few types of tasks: the compiler makes a submit() for each.
using task = std::function<void()>;
using question = std::function<int()>;

/// pool.submit(), compiled at the same time as the test.
std::future<void> hand_in(ladder::small_pool& pool, task work);
std::future<int> hand_in(ladder::small_pool& pool, question work);
