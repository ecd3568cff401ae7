#pragma once

#include "thread_pool/thread_pool.hpp"

#include <future>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace ladder {

/// Calls `function` for each item, in the threads of the pool, as many at a time as it
/// has. Returns the results in the order of the items. When calls throw, it throws the
/// error of the first of them, in the order of the items. It returns or throws when no
/// call is running or waiting any more. To be called by a thread that is none of the
/// pool.
template <class Item, class Function>
auto parallel_map(thread_pool::thread_pool& pool, std::span<const Item> items,
                  Function function) {
    using result = std::invoke_result_t<Function&, const Item&>;
    std::vector<result> results;
    // TODO: this is a loop in the thread of the caller; the pool has nothing to do.
    (void)pool;
    for (const Item& item : items)
        results.push_back(function(item));
    return results;
}

} // namespace ladder
