#pragma once

#include <boost/fiber/future.hpp>

#include <thread>
#include <type_traits>
#include <utility>

namespace ladder {

/// Calls `work()` in another thread and returns what it returns, or throws what it
/// throws. Meanwhile the calling fiber sleeps and the others go on. For calls that block
/// and know nothing of fibers: a database client, getaddrinfo(3), a compression.
///
/// When this returns, nothing of the work runs any more. Only in a fiber of a thread that
/// has an `event_loop`.
template <class Work>
std::invoke_result_t<Work&> offload(Work work) {
    boost::fibers::packaged_task<std::invoke_result_t<Work&>()> task{std::move(work)};
    auto result = task.get_future();
    const std::jthread helper{std::move(task)};
    return result.get(); // only this fiber waits
}

} // namespace ladder
