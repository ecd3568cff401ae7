#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace ladder {

/// A few threads that stay and take tasks from one queue. Any thread may submit.
class small_pool {
public:
    explicit small_pool(std::size_t threads) {
        for (std::size_t i = 0; i < threads; ++i)
            threads_.emplace_back([this] { work(); });
    }

    /// Does all that was submitted, and ends.
    ~small_pool() {
        close();
        for (std::thread& thread : threads_)
            thread.join();
    }

    small_pool(const small_pool&) = delete;
    small_pool& operator=(const small_pool&) = delete;

    /// From now on nothing more is accepted.
    void close() {
        const std::lock_guard lock{mutex_};
        closed_ = true;
        changed_.notify_all();
    }

    /// Hands in a task and returns at once. A thread of the pool runs it; the future has
    /// its result or the exception that it threw. Throws `std::runtime_error` when the
    /// pool is closed.
    template <class Function>
    auto submit(Function function) -> std::future<std::invoke_result_t<Function&>> {
        using result = std::invoke_result_t<Function&>;
        const auto task =
            std::make_shared<std::packaged_task<result()>>(std::move(function));
        auto receipt = task->get_future();
        const std::lock_guard lock{mutex_};
        if (closed_) throw std::runtime_error{"the pool is closed"};
        tasks_.emplace_back([task] { (*task)(); });
        changed_.notify_one();
        return receipt;
    }

private:
    void work() {
        for (;;) {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [&] { return !tasks_.empty() || closed_; });
            if (tasks_.empty()) return;
            const auto task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;         // there is a task, or no more will come
    std::deque<std::function<void()>> tasks_; // to be called once, without the lock
    bool closed_ = false;
    std::vector<std::thread> threads_;
};

} // namespace ladder
