#include "thread_pool.hpp"

#include "serial/serial.hpp"

namespace ladder::thread_pool {

thread_pool::thread_pool(std::size_t threads, std::size_t room) : queue_(room) {
    try {
        threads_.reserve(threads);
        for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i)
            threads_.emplace_back([this] { work(); });
    } catch (...) {
        finish(); // those that began must end before this object is gone
        throw;
    }
}

void thread_pool::work() {
    pool_of_this_thread = this;
    // [work]
    while (auto next = queue_.pop())
        (*next)();
    // [/work]
}

void thread_pool::finish() {
    queue_.close(); // who takes the last task finds the queue closed, and ends
    for (auto& thread : threads_)
        if (thread.joinable()) thread.join();
}

std::size_t thread_pool::drop() {
    queue_.close();
    stop_.request_stop();
    const auto dropped = queue_.clear(); // their futures learn of it when these go
    finish();
    return dropped.size();
}

std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options) {
    if (urls.empty()) return {};
    // [fetch_all]
    const auto threads = std::clamp<std::size_t>(options.in_flight, 1, urls.size());
    thread_pool pool{threads};
    return pool.map(urls,
                    [&](const std::string& url) { return serial::fetch(url, options); });
    // [/fetch_all]
}

} // namespace ladder::thread_pool
