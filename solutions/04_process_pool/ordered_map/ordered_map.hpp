#pragma once

#include <cstddef>
#include <deque>
#include <iterator>
#include <utility>

namespace ladder {

/// Runs a task for each request and gives the responses to `sink`, one by one, in the
/// order of the requests. `window` (at least 1) tasks are in the pool at the same time,
/// as long as there are requests; never more, and no request is read before there is room
/// for it. The first task in that order that has no response ends it all: what its
/// future throws leaves this function.
///
/// `pool.submit(request)` returns a future; its `get()` waits and returns the response.
template <class Pool, class Requests, class Sink>
void ordered_map(Pool& pool, Requests&& requests, std::size_t window, Sink sink) {
    std::deque<decltype(pool.submit(*std::begin(requests)))> futures;
    const auto take_oldest = [&] {
        auto oldest = std::move(futures.front());
        futures.pop_front();
        sink(oldest.get());
    };
    for (const auto& request : requests) {
        futures.push_back(pool.submit(request));
        if (futures.size() == window) take_oldest();
    }
    while (!futures.empty())
        take_oldest();
}

} // namespace ladder
