#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace ladder {

/// A first-in first-out queue between threads, for at most `capacity` items, which is at
/// least 1. Any thread may call any member at any time.
template <class T>
class bounded_queue {
public:
    explicit bounded_queue(std::size_t capacity) : capacity_(capacity) {}

    /// Waits while the queue is full, then adds the item. False, and the item is not
    /// added, when the queue is closed.
    bool push(T item) {
        std::unique_lock lock{mutex_};
        not_full_.wait(lock, [&] { return items_.size() < capacity_ || closed_; });
        if (closed_) return false;
        items_.push_back(std::move(item));
        not_empty_.notify_one();
        return true;
    }

    /// Waits while the queue is empty and open, then takes the oldest item. None when the
    /// queue is closed and empty: nothing will ever come.
    std::optional<T> pop() {
        std::unique_lock lock{mutex_};
        not_empty_.wait(lock, [&] { return !items_.empty() || closed_; });
        if (items_.empty()) return std::nullopt;
        std::optional<T> item{std::move(items_.front())};
        items_.pop_front();
        not_full_.notify_one();
        return item;
    }

    /// Nothing more will come. Whoever waits finds out.
    void close() {
        const std::lock_guard lock{mutex_};
        closed_ = true;
        not_empty_.notify_all();
        not_full_.notify_all();
    }

    std::size_t size() const {
        const std::lock_guard lock{mutex_};
        return items_.size();
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable not_empty_;
    std::condition_variable not_full_;
    std::deque<T> items_;
    const std::size_t capacity_;
    bool closed_ = false;
};

} // namespace ladder
