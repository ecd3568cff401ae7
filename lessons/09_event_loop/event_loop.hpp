#pragma once

#include "processes/unique_fd.hpp"
#include "workbench/page.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sys/epoll.h>

/// Rung 09: one thread, and one place where it waits.
namespace ladder::event_loop {

/// Waits for many descriptors and times at once, and calls you when something is ready.
/// The pattern is Schmidt's *Reactor* (Pattern Languages of Program Design, 1995), the
/// mechanism epoll(7).
///
/// Everything runs in the thread that calls `run()`: callbacks come one after the other,
/// and while one runs, nobody waits for anything. So a callback must never block. All
/// members are for that thread, but for `post()`. Needs two descriptors of its own.
class reactor {
public:
    using clock = std::chrono::steady_clock;
    using task = std::function<void()>;
    /// Gets what is ready: EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP … of epoll_ctl(2).
    using on_ready = std::function<void(std::uint32_t events)>;
    /// Names a timer. The number keeps timers of the same time apart, and in order.
    using timer = std::pair<clock::time_point, std::uint64_t>;

    reactor(); ///< Throws `std::system_error`, as do all members where the kernel says
               ///< no.
    reactor(const reactor&) = delete;
    reactor& operator=(const reactor&) = delete;

    /// Calls `callback` whenever one of `events` is so: as long as it is (level), or once
    /// when it becomes so, with EPOLLET in `events` (edge). The descriptor should not
    /// block. It stays yours: `forget` it before you close it.
    void watch(int fd, std::uint32_t events, on_ready callback);
    void change(int fd, std::uint32_t events); ///< What to wait for from now on.
    /// From here on its callback is not called, even if it is ready already, and even if
    /// the next descriptor gets the same number. A callback may forget its own.
    void forget(int fd);

    /// Calls `callback` once, at that time or a little later. Those of the same time are
    /// called in the order in which they were made.
    timer call_at(clock::time_point when, task callback);
    void cancel(const timer& t); ///< Nothing, if it was called already.

    /// From any thread: calls `callback` in the thread of the loop, and wakes it for
    /// that.
    void post(task callback);

    /// Waits and calls until somebody calls `stop()`. What a callback throws leaves here.
    void run();

    void stop() noexcept { stopped_ = true; }

    /// How many times it asked the kernel, epoll_wait(2), so far.
    std::uint64_t waits() const noexcept { return waits_; }

private:
    struct watched {
        on_ready callback;
        bool forgotten = false;
    };

    void control(int operation, int fd, std::uint32_t events, watched* w);
    int milliseconds_to_next_timer() const;
    void call_due_timers();
    void call_posted();

    processes::unique_fd epoll_;
    processes::unique_fd wake_up_; // an eventfd(2), readable when something was posted
    std::unordered_map<int, std::unique_ptr<watched>> watched_;
    std::vector<std::unique_ptr<watched>> forgotten_; // the kernel may have named them
    std::map<timer, task> timers_;
    std::uint64_t timers_made_ = 0;
    std::uint64_t waits_ = 0;
    bool stopped_ = false;

    std::mutex mutex_;
    std::vector<task> posted_; // guarded by mutex_
};

/// Fetches all pages in the calling thread, `options.in_flight` of them at the same time;
/// the result has one page per URL, in the same order. A connection is used again when
/// the next page comes from the same host; if it turns out to be stale before anything of
/// the answer was seen, the page is asked for again, once, on a new one.
///
/// Network errors are in `page::error`. When there is no descriptor left, a
/// page waits until one is closed, and its timeout begins when it has one; it fails only
/// if for all that time nobody here had any. A host's name is looked up in a thread of
/// its own, so a page times out meanwhile; but getaddrinfo(3) cannot be cancelled, and
/// the last lookup is waited for. Throws `std::system_error` when the loop, or
/// that thread, cannot be made. Any thread may call it; it keeps no state.
std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options);

} // namespace ladder::event_loop
