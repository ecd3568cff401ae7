#pragma once

#if defined(__has_feature)
#define LADDER_HAS_FEATURE(name) __has_feature(name)
#else
#define LADDER_HAS_FEATURE(name) 0
#endif

namespace ladder {

#if defined(__SANITIZE_THREAD__) || LADDER_HAS_FEATURE(thread_sanitizer)
constexpr bool thread_sanitizer = true;
#else
constexpr bool thread_sanitizer = false;
#endif

#if defined(__SANITIZE_ADDRESS__) || LADDER_HAS_FEATURE(address_sanitizer)
constexpr bool address_sanitizer = true;
#else
constexpr bool address_sanitizer = false;
#endif

/// Boost.Fiber's locks are in a library that ThreadSanitizer does not see into. Threads
/// that meet there, through a promise or a channel, look like a race to it.
constexpr bool blind_to_fiber_locks = thread_sanitizer;

/// ThreadSanitizer keeps a signal from a thread that waits in a system call of which it
/// knows nothing, such as the futex of a std::atomic, until that has ended.
constexpr bool delays_signals = thread_sanitizer;

/// Programs that differ only in number say nothing more to a sanitizer, and each takes it
/// longer to start than all they do.
constexpr bool takes_long_to_start = address_sanitizer || thread_sanitizer;

/// Both keep memory that was freed, and more of their own.
constexpr bool memory_is_inflated = address_sanitizer || thread_sanitizer;

} // namespace ladder
