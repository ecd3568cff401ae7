#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace ladder::threads {

/// A first-in first-out queue between threads that holds at most `capacity` items: who
/// is faster waits for who is slower, asleep. It ends in two ways: `close()` means that
/// nothing more will come, and what is there is still delivered; a stop token means
/// that its owner gives up now.
///
/// Any thread may call any member at any time, but for the constructor and destructor.
/// Errors are exceptions of `T` (nothing has changed then) and std::bad_alloc.
template <class T>
class bounded_queue {
public:
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    explicit bounded_queue(std::size_t capacity = unlimited)
        : capacity_(std::max<std::size_t>(capacity, 1)) {}

    bounded_queue(const bounded_queue&) = delete;
    bounded_queue& operator=(const bounded_queue&) = delete;

    /// Waits for room, then adds the item. False, and the item is dropped, when the queue
    /// is closed or stop is requested.
    bool push(T item, const std::stop_token& stop = {}) {
        const auto wake = wake_when_asked(stop);
        auto lock = lock_soon();
        wait(not_full_, lock, stop, [&] { return items_.size() < capacity_ || closed_; });
        if (closed_ || stop.stop_requested()) return false;
        items_.push_back(std::move(item));
        not_empty_.notify_for(items_.size(), lock);
        return true;
    }

    /// Waits for an item and takes it. None when stop is requested, or when the queue is
    /// closed and empty.
    std::optional<T> pop(const std::stop_token& stop = {}) {
        const auto wake = wake_when_asked(stop);
        // [pop]
        auto lock = lock_soon();
        wait(not_empty_, lock, stop, [&] { return !items_.empty() || closed_; });
        if (items_.empty() || stop.stop_requested()) return std::nullopt;
        return take(lock);
        // [/pop]
    }

    /// The same without waiting: none when there is no item right now.
    std::optional<T> try_pop() {
        auto lock = lock_soon();
        if (items_.empty()) return std::nullopt;
        return take(lock);
    }

    /// Nothing more will come: every `push` from now on is refused, who waits is woken.
    void close() {
        auto lock = lock_soon();
        closed_ = true;
        not_empty_.variable.notify_all();
        not_full_.variable.notify_all();
    }

    /// Takes out all that nobody has taken yet.
    std::deque<T> clear() {
        auto lock = lock_soon();
        not_full_.variable.notify_all();
        return std::exchange(items_, {});
    }

    /// How many items there were, at some moment during the call.
    std::size_t size() const {
        const std::lock_guard lock{mutex_};
        return items_.size();
    }

private:
    /// A condition variable that knows how many wait, and how many of these were notified
    /// and are on their way. It wakes nobody for an item that somebody already comes for;
    /// else a fast producer would wake one thread after the other, and most for nothing.
    struct condition {
        std::condition_variable variable;
        std::size_t waiting = 0;  // guarded by mutex_
        std::size_t notified = 0; // at most as many as are on their way

        /// One for each of `count` items, but not twice. Gives the lock back first: who
        /// is woken needs it.
        void notify_for(std::size_t count, std::unique_lock<std::mutex>& lock) {
            const bool one_more = notified < waiting && notified < count;
            if (one_more) ++notified;
            lock.unlock();
            if (one_more) variable.notify_one();
        }
    };

    template <class Predicate>
    static void wait(condition& on, std::unique_lock<std::mutex>& lock,
                     const std::stop_token& stop, Predicate is_so) {
        ++on.waiting;
        while (!is_so() && !stop.stop_requested()) {
            on.variable.wait(lock); // gives the lock back, sleeps, takes the lock
            if (on.notified > 0) --on.notified;
        }
        --on.waiting;
    }

    /// Whoever has the lock gives it back within a microsecond, so it is cheaper to look
    /// again a few times than to sleep and be woken. Where every order of threads is
    /// tried there is no time to win, and each look would multiply the orders.
    std::unique_lock<std::mutex> lock_soon() {
#ifdef LADDER_EXPLORED
        constexpr int most_looks = 0;
#else
        constexpr int most_looks = 100;
#endif
        std::unique_lock lock{mutex_, std::defer_lock};
        for (int looks = 0; looks < most_looks && !lock.try_lock(); ++looks) {
#ifdef __x86_64__
            __builtin_ia32_pause(); // leaves the core's other half alone meanwhile
#endif
        }
        if (!lock.owns_lock()) lock.lock();
        return lock;
    }

    /// Wakes all when stop is requested. With the lock: a thread that has just looked and
    /// is about to sleep would miss it. All: the one who is asked to stop may be one who
    /// was notified of an item, and somebody else must take that.
    auto wake_when_asked(const std::stop_token& stop) {
        const auto wake_all = [this] {
            const std::lock_guard lock{mutex_};
            not_empty_.variable.notify_all();
            not_full_.variable.notify_all();
        };
        return std::stop_callback<decltype(wake_all)>{stop, wake_all};
    }

    std::optional<T> take(std::unique_lock<std::mutex>& lock) {
        std::optional<T> item{std::move(items_.front())};
        items_.pop_front();
        not_full_.notify_for(capacity_ - items_.size(), lock);
        return item;
    }

    mutable std::mutex mutex_;
    condition not_empty_;
    condition not_full_;
    std::deque<T> items_;
    const std::size_t capacity_;
    bool closed_ = false;
};

} // namespace ladder::threads
