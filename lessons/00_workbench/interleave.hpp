#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

/// Forces one interleaving of threads, processes or fibers, so that a race is lost 100
/// times of 100. The program says where it is, the test says in which order:
///
///     int read = balance;                     |  script order{{"A: after read",
///     ladder::point("after read");            |                "B: after write"}};
///     balance = read + 1;                     |  // A begins with  actor me{"A"};
///     ladder::point("after write");           |  // B begins with  actor me{"B"};
///
/// Each entry gives one actor the turn and says how far it goes: here A runs until it
/// comes to its point "after read", then B from its beginning to "after write", and then
/// all are free, so that A writes what it read before B wrote. Whoever does not have the
/// turn waits: where it became an actor, or at the point to which it came. Points that
/// are in no entry are passed freely by the one who has the turn, and all points by those
/// who are no actor of the script.
///
/// In a correct program the losing order cannot happen: A holds a mutex at its point, and
/// B has the turn but waits for that mutex. Then the script gives way: from there on all
/// are free and `forced()` is false. It gives way when the one who has the turn
///  - has ended;
///  - sleeps in the kernel (/proc/PID/task/TID/status: the same sleep in ten looks, one a
///    millisecond, that its `wchan` calls a lock; or any sleep, in 500 looks), and no
///    other thread of the actors' processes, which could wake it, has moved between those
///    looks;
///  - has run for 200 ms on a core, as one at a spin lock does;
///  - is a fiber of the thread that looks, and the two yielded to each other for 200 ms;
///  - or, as a last resort (an actor that never comes), after `patience`.
/// So time decides only how soon a test of a correct program goes on.
namespace ladder::interleave {

namespace detail {
struct shared;
using watcher = void (*)(std::string_view point) noexcept;
inline constinit std::atomic<watcher> watching{nullptr};
void arrive(std::string_view point) noexcept;
} // namespace detail

struct options {
    std::chrono::milliseconds patience = std::chrono::seconds{10};
    /// For fibers, e.g. `[] { boost::this_fiber::yield(); }`: lets the others go on.
    /// Without it, waiting blocks the thread.
    void (*yield)() = nullptr;
    /// For fibers, e.g. `[]() -> const void* { return boost::fibers::context::active();
    /// }`: tells the fibers of a thread apart.
    const void* (*self)() = nullptr;
};

/// Something that happened: an actor came to a point.
struct event {
    std::string actor;
    std::string point;

    bool operator==(const event&) const = default;
};

/// What happened, for people: a line for each actor, in the order in which they came, and
/// time from left to right, in steps and not to scale:
///
///       A   after read ─────────────────────────────── after write
///       B                 after read ── after write
///
/// A report too long for one line goes on beneath. Empty when nothing happened.
std::string draw(const std::vector<event>& report);

/// The order that a test wants. Lives in memory that forked processes share, so make it
/// before the threads, processes or fibers that play it, and end it after them; one at a
/// time. Throws `std::invalid_argument` for an entry that is not "ACTOR: POINT", with
/// names up to 15 and 47 bytes, or more than 16 actors; `std::logic_error` when there is
/// a script.
class script {
public:
    explicit script(const std::vector<std::string>& order, const options& = {});
    ~script();
    script(const script&) = delete;
    script& operator=(const script&) = delete;

    /// The whole order came about.
    bool forced() const noexcept;
    /// Why it did not, in words: "B has ended", "B is blocked in the kernel". Empty while
    /// the script is being played and when it was forced.
    std::string gave_way() const;
    /// What happened, in the order in which it did: all actors at all points, the first
    /// 1,000 of them.
    std::vector<event> report() const;

private:
    detail::shared* shared_;
};

/// Gives the calling thread (or process, or fiber) a name until the end of the scope, and
/// waits there for its first turn. Make it where the thread begins, and end it there.
class actor {
public:
    explicit actor(std::string name);
    ~actor();
    actor(const actor&) = delete;
    actor& operator=(const actor&) = delete;

private:
    friend void detail::arrive(std::string_view) noexcept;

    std::string name_;
    pid_t pid_;
    const void* self_; // which fiber
    actor* next_;      // the other actors of this thread
};

/// Has this function called at every point of the process; not while there is a script.
/// The fetcher uses it to be killed at any moment that has a name.
inline void observe(detail::watcher seen) noexcept {
    detail::watching.store(seen);
}

} // namespace ladder::interleave

namespace ladder {

/// A named place in a program that tests can stop at; see ladder::interleave. Without a
/// script it costs a load and a branch.
inline void point(std::string_view name) noexcept {
    if (const auto seen = interleave::detail::watching.load(std::memory_order_relaxed))
        seen(name);
}

} // namespace ladder
