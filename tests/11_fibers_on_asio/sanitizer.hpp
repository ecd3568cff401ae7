#pragma once

namespace ladder {

/// Boost.Fiber's locks are in a library that ThreadSanitizer does not see into. Threads
/// that meet there, through a promise or a channel, look like a race to it.
#if defined(__SANITIZE_THREAD__)
constexpr bool blind_to_fiber_locks = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr bool blind_to_fiber_locks = true;
#else
constexpr bool blind_to_fiber_locks = false;
#endif
#else
constexpr bool blind_to_fiber_locks = false;
#endif

} // namespace ladder
