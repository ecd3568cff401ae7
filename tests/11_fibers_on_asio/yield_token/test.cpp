// A completion token: what it returns, when it sleeps, and who wakes it.

#include "../manual_operation.hpp"
#include "blocked.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "in_child.hpp"
#include "yield_token.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/fiber/fiber.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <tuple>

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::error::eof;
using boost::fibers::fiber;
using boost::system::error_code;
using ladder::in_child;
using ladder::manual_operation;
using ladder::sleeps_of_this_thread;
using ladder::yield;
using ladder::fibers_on_asio::event_loop;

namespace {

/// Runs `f` in a fiber of its own and gives it a turn, so that it waits.
fiber start(std::function<void()> f) {
    fiber started{std::move(f)};
    boost::this_fiber::yield();
    return started;
}

/// Wakes the fiber that starts an operation before that has completed, if it can be: when
/// it sleeps by suspend() alone. One in a wait queue of the library has made itself
/// another waker there, and sleeps on.
class early_wake {
public:
    void prepare() { // called by the fiber
        fiber_ = boost::fibers::context::active();
        waker_ = fiber_->create_waker();
    }

    void now() {                               // and once more, after its turn
        if (fiber_->ready_is_linked()) return; // one that asks again and again is ready
        if (by_suspend_) waker_ = fiber_->create_waker();
        by_suspend_ = waker_.wake();
    }

private:
    boost::fibers::context* fiber_ = nullptr;
    boost::fibers::waker waker_;
    bool by_suspend_ = false;
};

} // namespace

TEST_CASE("an operation returns its value when it completes") {
    const auto result = in_child([] {
        event_loop loop;
        manual_operation<int> operation;
        int value = 0;
        fiber waits = start([&] { value = operation.async_run(yield); });
        const int before = value;
        operation.complete({}, 42);
        waits.join();
        return std::to_string(before) + ", then " + std::to_string(value);
    });
    CHECK(result == "0, then 42");
}

TEST_CASE("several values come as a tuple, and what can only be moved is moved") {
    event_loop loop;
    manual_operation<int, std::unique_ptr<int>> operation;
    std::tuple<int, std::unique_ptr<int>> values;
    fiber waits = start([&] { values = operation.async_run(yield); });
    operation.complete({}, 1, std::make_unique<int>(2));
    waits.join();
    CHECK(std::get<0>(values) == 1);
    CHECK(*std::get<1>(values) == 2);
}

TEST_CASE("an error is thrown") {
    event_loop loop;
    manual_operation<int> operation;
    error_code thrown;
    fiber waits = start([&] {
        try {
            operation.async_run(yield);
        } catch (const boost::system::system_error& error) {
            thrown = error.code();
        }
    });
    operation.complete(eof, 0);
    waits.join();
    CHECK(thrown.message() == "End of file");
}

TEST_CASE("an error is stored where the token says, and the value comes all the same") {
    const auto result = in_child([] {
        event_loop loop;
        manual_operation<int> operation;
        error_code error;
        int value = 0;
        fiber waits = start([&] { value = operation.async_run(yield[error]); });
        operation.complete(eof, 3);
        waits.join();
        return error.message() + ", " + std::to_string(value) + " bytes before";
    });
    CHECK(result == "End of file, 3 bytes before");
}

TEST_CASE("success clears the error of the last time") {
    event_loop loop;
    manual_operation<> operation;
    error_code error = eof;
    fiber waits = start([&] { operation.async_run(yield[error]); });
    operation.complete({});
    waits.join();
    CHECK(error.message() == "Success");
}

TEST_CASE("an operation that completes while it is started does not wait") {
    const auto result = in_child([] {
        event_loop loop;
        manual_operation<int> operation;
        operation.on_start = [&] { operation.complete({}, 5); };
        bool somebody_else_ran = false;
        fiber other{[&] { somebody_else_ran = true; }};
        const int value = operation.async_run(yield);
        const bool waited = somebody_else_ran;
        other.join();
        return std::to_string(value) + (waited ? ", after a wait" : ", at once");
    });
    INFO("why: the handler is called before the fiber sleeps; there is nobody to wake");
    CHECK(result == "5, at once");
}

TEST_CASE("while the fiber waits, the thread can sleep") {
    const auto result = in_child([] {
        event_loop loop;
        manual_operation<int> operation;
        fiber waits = start([&] { operation.async_run(yield); });
        const long before = sleeps_of_this_thread();
        for (int i = 0; i < 20; ++i) // nobody is ready now, so the thread sleeps
            boost::this_fiber::sleep_for(2ms);
        const long sleeps = sleeps_of_this_thread() - before;
        operation.complete({}, 1);
        waits.join();
        return std::string{sleeps >= 15 ? "it sleeps" : "it asks again and again"};
    });
    CHECK(result == "it sleeps");
}

TEST_CASE("a fiber that is woken too early goes on waiting") {
    const auto result = in_child([] {
        event_loop loop;
        manual_operation<int> operation;
        early_wake wake;
        operation.on_start = [&] { wake.prepare(); };
        int value = 0;
        bool returned = false;
        fiber waits = start([&] {
            value = operation.async_run(yield);
            returned = true;
        });
        for (int times = 0; times < 5; ++times) {
            wake.now();
            boost::this_fiber::yield();
            if (returned) {
                waits.join();
                return "woken " + std::to_string(times + 1) +
                       " times, it returned before the operation had completed";
            }
        }
        operation.complete({}, 7);
        waits.join();
        return std::to_string(value);
    });
    CHECK(result == "7");
}

TEST_CASE(
    "an operation may complete before a fiber that was woken too early has its turn") {
    const auto result = in_child([] {
        event_loop loop;
        manual_operation<int> operation;
        early_wake wake;
        operation.on_start = [&] { wake.prepare(); };
        int value = 0;
        fiber waits = start([&] { value = operation.async_run(yield); });
        wake.now();
        operation.complete({}, 7);
        waits.join();
        return std::to_string(value);
    });
    INFO("why: it is in the ready queue already");
    CHECK(result == "7");
}

TEST_CASE("one fiber waits for one operation after the other") {
    const auto result = in_child([] {
        event_loop loop;
        manual_operation<int> operation;
        int sum = 0, errors = 0;
        fiber waits = start([&] {
            for (int i = 0; i < 100; ++i) {
                error_code error;
                sum += operation.async_run(yield[error]);
                errors += error ? 1 : 0;
            }
        });
        for (int i = 0; i < 100; ++i) {
            operation.complete(i % 2 == 0 ? eof : error_code{}, i);
            boost::this_fiber::yield();
        }
        waits.join();
        return std::to_string(sum) + ", " + std::to_string(errors) + " errors";
    });
    CHECK(result == "4950, 50 errors");
}

TEST_CASE("two fibers wait, and each gets its own") {
    const auto result = in_child([] {
        event_loop loop;
        manual_operation<std::string> one, two;
        std::string order;
        fiber a = start([&] { order += one.async_run(yield); });
        fiber b = start([&] { order += two.async_run(yield); });
        two.complete({}, "two ");
        one.complete({}, "one");
        b.join();
        a.join();
        return order;
    });
    CHECK(result == "two one");
}

TEST_CASE("two fibers wait, and each gets its own error") {
    event_loop loop;
    manual_operation<> one, two;
    error_code of_one, of_two;
    fiber a = start([&] { one.async_run(yield[of_one]); });
    fiber b = start([&] { two.async_run(yield[of_two]); });
    one.complete(eof);
    two.complete({}); // before either has its turn
    a.join();
    b.join();
    CHECK(of_one.message() == "End of file");
    CHECK(of_two.message() == "Success");
}

TEST_CASE("a byte goes through a socket, and both sides wait") {
    const auto result = in_child([] {
        event_loop loop;
        asio::local::stream_protocol::socket here{loop.context()}, there{loop.context()};
        asio::local::connect_pair(here, there);
        std::array<char, 10> bytes{};
        std::size_t size = 0;
        error_code at_end;
        fiber reads = start([&] {
            size = here.async_read_some(asio::buffer(bytes), yield);
            here.async_read_some(asio::buffer(bytes), yield[at_end]);
        });
        fiber writes = start([&] {
            there.async_write_some(asio::buffer("abc", 3), yield);
            there.close();
        });
        reads.join();
        writes.join();
        return std::to_string(size) + " bytes, then: " + at_end.message();
    });
    CHECK(result == "3 bytes, then: End of file");
}
