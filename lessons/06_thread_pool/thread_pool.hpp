#pragma once

#include "task.hpp"
#include "threads/bounded_queue.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/page.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <future>
#include <ranges>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

/// Rung 06: a few threads that stay, a queue of work, and a receipt for each piece.
namespace ladder::thread_pool {

/// Threads that take tasks from one queue. Any thread may submit, also one of the pool;
/// `finish`, `drop` and the destructor belong to the owner, who is no task of the pool.
class thread_pool {
public:
    /// As many threads as there are cores to use: right for work that computes. `room` is
    /// how many tasks may wait in the queue; `submit` blocks while it is full. Throws
    /// `std::system_error` when the kernel gives no more threads.
    explicit thread_pool(std::size_t threads = usable_cores(),
                         std::size_t room = threads::bounded_queue<task>::unlimited);

    /// Finishes.
    ~thread_pool() { finish(); }

    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;

    /// Hands a task in. The future has its result, or the exception that it threw; a
    /// future that nobody asks keeps it to itself. A task that takes a std::stop_token
    /// gets that of the pool. Throws `std::runtime_error` when the pool is closed.
    template <class Function>
    auto submit(Function function) {
        auto work = [this, function = std::move(function)]() mutable {
            return call(function);
        };
        // [submit]
        std::packaged_task<decltype(work())()> packaged{std::move(work)};
        auto receipt = packaged.get_future();
        if (!queue_.push(task{std::move(packaged)}))
            throw std::runtime_error{"thread_pool: submit to a pool that is closed"};
        return receipt;
        // [/submit]
    }

    /// Calls the function for each item, in the pool, and returns the results in the
    /// order of the items, all at the end. Throws the first error in that order. Either
    /// way all tasks have ended by then, as they refer to the items and the function.
    template <std::ranges::forward_range Items, class Function>
    auto map(Items&& items, Function function) {
        using result =
            std::invoke_result_t<Function&, std::ranges::range_reference_t<Items>>;
        std::vector<std::future<result>> receipts;
        const at_the_end all_have_ended{[&] {
            for (auto& receipt : receipts)
                if (receipt.valid()) wait(receipt);
        }};
        // [map]
        for (auto it = std::ranges::begin(items); it != std::ranges::end(items); ++it)
            receipts.push_back(submit([&function, it] { return function(*it); }));
        std::vector<result> results;
        for (auto& receipt : receipts) {
            wait(receipt);
            results.push_back(receipt.get());
        }
        // [/map]
        return results;
    }

    /// Waits for a result. A thread of the pool does other tasks meanwhile, so a task may
    /// wait for tasks of its own pool; with std::future::get all threads may come to wait
    /// for tasks that nobody is left to begin. The other task runs on top of the waiting
    /// one: wait without a lock in your hand.
    template <class Result>
    void wait(const std::future<Result>& receipt) {
        using namespace std::chrono_literals;
        // [wait]
        while (pool_of_this_thread == this &&
               receipt.wait_for(0s) != std::future_status::ready) {
            auto other = queue_.try_pop();
            if (!other) break; // then another thread runs it
            (*other)();
        }
        receipt.wait();
        // [/wait]
    }

    /// Accepts nothing more, does all that was accepted, and joins the threads.
    void finish();

    /// Accepts nothing more, asks the tasks that run to stop, drops those that wait, and
    /// joins the threads. The futures of the dropped throw `std::future_error` with
    /// `std::future_errc::broken_promise`. Returns how many were dropped.
    std::size_t drop();

    std::size_t size() const noexcept { return threads_.size(); }

    /// Tasks that nobody has begun, at some moment during the call.
    std::size_t waiting() const { return queue_.size(); }

private:
    /// Calls a function at the end of the scope, by whichever way that is left.
    template <class Function>
    struct at_the_end {
        Function function;

        ~at_the_end() { function(); }
    };

    template <class Function>
    at_the_end(Function) -> at_the_end<Function>;

    void work();

    template <class Function>
    auto call(Function& function) {
        if constexpr (std::invocable<Function&, std::stop_token>)
            return function(stop_.get_token());
        else
            return function();
    }

    inline static thread_local const thread_pool* pool_of_this_thread = nullptr;

    threads::bounded_queue<task> queue_;
    std::stop_source stop_;
    std::vector<std::thread> threads_; // last: they use the others
};

/// Fetches the pages with `in_flight` threads at most, each of which waits in
/// `serial::fetch` for one page. Results in the order of the URLs. What the network does
/// wrong is in `page::error`; throws `std::system_error` when there are not so many
/// threads or descriptors to be had.
std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options);

} // namespace ladder::thread_pool
