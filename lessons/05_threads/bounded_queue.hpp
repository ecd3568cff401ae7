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
    // [push]
    bool push(T item, const std::stop_token& stop = {}) {
        std::unique_lock lock{mutex_};
        wait(not_full_, lock, stop, [&] { return items_.size() < capacity_ || closed_; });
        if (closed_ || stop.stop_requested()) return false;
        items_.push_back(std::move(item));
        not_empty_.notify_one(lock);
        return true;
    }

    // [/push]

    /// Waits for an item and takes it. None when stop is requested, or when the queue is
    /// closed and empty.
    // [pop]
    std::optional<T> pop(const std::stop_token& stop = {}) {
        std::unique_lock lock{mutex_};
        wait(not_empty_, lock, stop, [&] { return !items_.empty() || closed_; });
        if (items_.empty() || stop.stop_requested()) return std::nullopt;
        return take(lock);
    }

    // [/pop]

    /// The same without waiting: none when there is no item right now.
    std::optional<T> try_pop() {
        std::unique_lock lock{mutex_};
        if (items_.empty()) return std::nullopt;
        return take(lock);
    }

    /// Nothing more will come: every `push` from now on is refused, who waits is woken.
    void close() {
        std::unique_lock lock{mutex_};
        closed_ = true;
        not_empty_.notify_all();
        not_full_.notify_all();
    }

    /// Takes out all that nobody has taken yet.
    std::deque<T> clear() {
        std::unique_lock lock{mutex_};
        not_full_.notify_all();
        return std::exchange(items_, {});
    }

    /// How many items there were, at some moment during the call.
    std::size_t size() const {
        const std::lock_guard lock{mutex_};
        return items_.size();
    }

private:
    /// A condition variable that knows how many wait. To notify when nobody does would be
    /// right too, and cost every push a lock inside it.
    struct condition {
        std::condition_variable_any variable;
        std::size_t waiting = 0; // guarded by mutex_

        /// Gives the lock back first: who is woken needs it.
        void notify_one(std::unique_lock<std::mutex>& lock) {
            const bool somebody = waiting > 0;
            lock.unlock();
            if (somebody) variable.notify_one();
        }

        void notify_all() { variable.notify_all(); }
    };

    // [wait]
    template <class Predicate>
    void wait(condition& on, std::unique_lock<std::mutex>& lock,
              const std::stop_token& stop, Predicate is_so) {
        if (is_so()) return;
        ++on.waiting;
        on.variable.wait(lock, stop, is_so); // while (!is_so() && !stop) sleep
        --on.waiting;
        // It may have been this thread that was notified; somebody else must go then.
        if (stop.stop_requested()) on.variable.notify_one();
    }

    // [/wait]

    std::optional<T> take(std::unique_lock<std::mutex>& lock) {
        std::optional<T> item{std::move(items_.front())};
        items_.pop_front();
        not_full_.notify_one(lock);
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
