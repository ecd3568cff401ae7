// A pool that counts, in which nothing waits; at the end, the pool of the lesson.

#include "ordered_map.hpp"
#include "process_pool/process_pool.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <sched.h>
#include <sys/mman.h>

namespace {

constexpr std::size_t window = 4;

/// A task is in it from `submit` to `get`. Of those that are, all have ended but the
/// oldest.
struct counting_pool {
    struct future {
        counting_pool* pool;
        int request;

        bool ready() const { return request != pool->oldest; }

        int get() {
            pool->in_it_at_each_wait.push_back(pool->in_it);
            --pool->in_it;
            pool->oldest = request + 1;
            if (request == pool->bad) pool->fail();
            return 10 * request;
        }
    };

    future submit(int request) {
        ++in_it;
        most = std::max(most, in_it);
        if (++submitted > 1'000) throw std::logic_error{"it hands in everything"};
        return {this, request};
    }

    std::size_t in_it = 0, most = 0, submitted = 0;
    int oldest = 0;
    int bad = -1; ///< The task that throws.
    void (*fail)() = [] { throw std::runtime_error{"bad"}; };
    std::vector<std::size_t> in_it_at_each_wait;
};

/// The requests 0 to `count`, and a look at each moment when one is read.
struct requests {
    struct iterator {
        const requests* of;
        int number;

        int operator*() const {
            if (of->look) of->look();
            return number;
        }

        iterator& operator++() {
            ++number;
            return *this;
        }

        bool operator!=(const iterator& other) const { return number != other.number; }
    };

    iterator begin() const { return {this, 0}; }

    iterator end() const { return {this, count}; }

    int count;
    std::function<void()> look = {};
};

std::vector<int> responses_of(counting_pool& pool, int count) {
    std::vector<int> responses;
    ladder::ordered_map(pool, requests{count}, window,
                        [&](int response) { responses.push_back(response); });
    return responses;
}

} // namespace

TEST_CASE("every request has its response") {
    counting_pool pool;
    auto responses = responses_of(pool, 6);
    std::ranges::sort(responses);
    CHECK(responses == std::vector{0, 10, 20, 30, 40, 50});
    CHECK(pool.submitted == 6);
}

TEST_CASE("the responses come in the order of the requests") {
    counting_pool pool;
    CHECK(responses_of(pool, 6) == std::vector{0, 10, 20, 30, 40, 50});
}

TEST_CASE("the window is full while it waits for the oldest") {
    counting_pool pool;
    responses_of(pool, 8);
    CHECK(pool.in_it_at_each_wait == std::vector<std::size_t>{4, 4, 4, 4, 4, 3, 2, 1});
}

TEST_CASE("never more than the window are in the pool") {
    counting_pool pool;
    responses_of(pool, 100);
    CHECK(pool.most == window);
}

TEST_CASE("the window is as large as it is asked for, from 1 on") {
    for (const std::size_t size : {1U, 2U, 7U, 500U}) {
        counting_pool pool;
        std::vector<int> responses;
        ladder::ordered_map(pool, requests{600}, size,
                            [&](int response) { responses.push_back(response); });
        INFO("a window of " << size);
        CHECK(pool.most == size);
        CHECK(pool.in_it_at_each_wait.front() == size);
        CHECK(responses.size() == 600);
    }
}

TEST_CASE("no request is read before there is room for it") {
    counting_pool pool;
    std::size_t read = 0, given = 0, most_ahead = 0;
    const auto look = [&] { most_ahead = std::max(most_ahead, ++read - given); };
    ladder::ordered_map(pool, requests{100, look}, window, [&](int) { ++given; });
    CHECK(given == 100);
    CHECK(most_ahead == window);
}

TEST_CASE("a response goes to the sink as soon as it is its turn") {
    counting_pool pool;
    std::optional<std::size_t> submitted_before_the_first;
    ladder::ordered_map(pool, requests{100}, window, [&](int) {
        if (!submitted_before_the_first) submitted_before_the_first = pool.submitted;
    });
    CHECK(submitted_before_the_first == window);
}

TEST_CASE("a response is gone when the sink has had it") {
    using response = std::shared_ptr<int>;
    struct pool_of_one {
        struct future {
            response of_all;

            bool ready() const { return true; }

            response get() { return std::exchange(of_all, nullptr); }
        };

        future submit(int) { return {one}; }

        response one = std::make_shared<int>(1);
    };

    pool_of_one pool;
    long most = 0; // that the map has, in its futures too
    ladder::ordered_map(pool, requests{100}, window, [&](const response&) {
        most = std::max(most, pool.one.use_count() - 1);
    });
    INFO("why: there is no room in memory for two million responses");
    CHECK(most <= static_cast<long>(window) + 1);
}

TEST_CASE("an error ends it, at its place") {
    for (const std::size_t size : {1U, 4U, 200U}) {
        INFO("a window of " << size);
        counting_pool pool;
        pool.bad = 3;
        std::vector<int> responses;
        CHECK_THROWS_AS(ladder::ordered_map(pool, requests{100}, size,
                                            [&](int r) { responses.push_back(r); }),
                        std::runtime_error);
        CHECK(responses == std::vector{0, 10, 20});
        CHECK(pool.submitted <= 3 + size);
    }
}

TEST_CASE("what a task throws comes out as it was thrown") {
    counting_pool pool;
    pool.bad = 0;
    pool.fail = [] { throw 42; };
    CHECK_THROWS_AS(responses_of(pool, 2), int);
    counting_pool other;
    other.bad = 1;
    other.fail = [] { throw std::out_of_range{"there is no such page"}; };
    CHECK_THROWS_AS(responses_of(other, 2), std::out_of_range);
}

TEST_CASE("what the sink throws comes out as it was thrown, and ends it") {
    counting_pool pool;
    int calls = 0;
    const auto sink = [&](int) {
        if (++calls == 2) throw 42;
    };
    CHECK_THROWS_AS(ladder::ordered_map(pool, requests{9}, window, sink), int);
    CHECK(calls == 2);
}

TEST_CASE("all responses go to the same sink") {
    counting_pool pool;
    int counted = 0;
    ladder::ordered_map(pool, requests{9}, window,
                        [&counted, calls = 0](int) mutable { counted = ++calls; });
    CHECK(counted == 9);
}

TEST_CASE("after an error the next list begins anew") {
    counting_pool pool;
    pool.bad = 1;
    CHECK_THROWS(responses_of(pool, 10));
    counting_pool other;
    CHECK(responses_of(other, 3) == std::vector{0, 10, 20});
}

TEST_CASE("a list that is shorter than the window, or empty, is no special case") {
    counting_pool pool;
    CHECK(responses_of(pool, 2) == std::vector{0, 10});
    CHECK(responses_of(pool, 0).empty());
}

TEST_CASE("in a real pool, as many tasks run at the same time") {
    using namespace std::chrono_literals;
    void* memory = ::mmap(nullptr, sizeof(std::atomic<std::size_t>),
                          PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    auto& here = *new (memory) std::atomic<std::size_t>{0};
    ladder::process_pool::process_pool<int, bool> pool{
        [&](int) { // have the others come, too? In time only if they run now
            ++here;
            const auto end = std::chrono::steady_clock::now() + 5s;
            while (here < window && std::chrono::steady_clock::now() < end)
                ::sched_yield();
            return here >= window;
        },
        {.workers = window, .ahead = 0}};
    bool together = true;
    ladder::ordered_map(pool, std::vector{0, 1, 2, 3}, window,
                        [&](bool met) { together = together && met; });
    pool.join();
    ::munmap(memory, sizeof here);
    CHECK(together);
}
