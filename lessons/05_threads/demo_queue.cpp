// A bounded queue between threads, and how one that waits at it is stopped.

#include "bounded_queue.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

namespace ladder::threads {

namespace {

using timeline::kind;

void work() { // stands for making a page, or for doing something with it
    const timeline::span span{kind::runs, "works"};
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
}

std::optional<int> take_one(bounded_queue<int>& queue) {
    const timeline::span span{kind::waits, "empty"};
    return queue.pop();
}

} // namespace

int show_queue() {
    constexpr int pages = 10;
    const timeline::recording recording;
    bounded_queue<int> queue{2};
    std::thread producer{[&] {
        for (int page = 0; page < pages; ++page) {
            if (page >= pages / 2) work(); // slow in the second half
            const timeline::span span{kind::waits, "full"};
            queue.push(page);
        }
        queue.close();
    }};
    std::thread consumer{[&] {
        while (const auto page = take_one(queue))
            if (page < pages / 2) work(); // slow in the first half
    }};
    producer.join();
    consumer.join();
    fmt::print("{} pages through a queue for 2. At first the consumer is slow, then the\n"
               "producer is.\n\n{}",
               pages, timeline::draw_terminal(recording.intervals()));
    return 0;
}

int show_stop() {
    bounded_queue<int> pages{2};

    std::jthread worker{[&](const std::stop_token& stop) {
        while (const auto page = pages.pop(stop))
            fmt::print("the worker has page {}\n", *page);
        fmt::print("the worker was asked to stop, and does\n");
    }};

    pages.push(1);
    while (pages.size() > 0)
        std::this_thread::yield();
    worker.request_stop(); // it waits for a page that nobody will bring
    worker.join();
    return 0;
}

} // namespace ladder::threads
