#pragma once

#include <type_traits>

namespace ladder {

/// Calls `work()` in another thread and returns what it returns, or throws what it
/// throws. Meanwhile the calling fiber sleeps and the others go on. For calls that block
/// and know nothing of fibers: a database client, getaddrinfo(3), a compression.
///
/// When this returns, nothing of the work runs any more. Only in a fiber of a thread that
/// has an `event_loop`.
template <class Work>
std::invoke_result_t<Work&> offload(Work work) {
    // TODO: this blocks the thread, and all its fibers.
    return work();
}

} // namespace ladder
