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
    std::vector<std::future<result>> receipts;
    for (const Item& item : items)
        receipts.push_back(pool.submit([&] { return function(item); }));
    for (const auto& receipt : receipts)
        receipt.wait();
    std::vector<result> results;
    for (auto& receipt : receipts)
        results.push_back(receipt.get());
    return results;
}

} // namespace ladder
