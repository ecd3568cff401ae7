#include "allocations.hpp"
#include "fibers_on_asio/yield.hpp"
#include "manual_operation.hpp"
#include "sanitizer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/fiber.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>

using namespace std::chrono_literals;
using namespace ladder::fibers_on_asio;
using boost::asio::error::operation_aborted;
using boost::asio::error::timed_out;
using boost::fibers::fiber;
using boost::system::error_code;
using ladder::manual_operation;
using std::chrono::steady_clock;

namespace {

/// Runs `f` in a fiber of its own and gives the other fibers a turn, so that it waits.
fiber start(std::function<void()> f) {
    fiber started{std::move(f)};
    boost::this_fiber::yield();
    return started;
}

steady_clock::time_point soon() {
    return steady_clock::now() + 20ms;
}

/// Keeps the thread, and so the dispatcher, busy until then.
void block_until(steady_clock::time_point time) {
    while (steady_clock::now() < time) {
    }
}

} // namespace

TEST_CASE("an operation returns its value when it completes") {
    event_loop loop;
    manual_operation<int> operation;
    int value = 0;
    fiber waits = start([&] { value = operation.async_run(yield); });
    CHECK(value == 0);
    operation.complete({}, 42);
    waits.join();
    CHECK(value == 42);
}

TEST_CASE("an operation without a value returns nothing, one with several a tuple") {
    event_loop loop;
    asio::steady_timer timer{loop.context(), 1ms};
    STATIC_REQUIRE(std::is_void_v<decltype(timer.async_wait(yield))>);
    timer.async_wait(yield); // the main fiber may wait as well

    manual_operation<int, std::string> operation;
    std::tuple<int, std::string> values;
    fiber waits = start([&] { values = operation.async_run(yield); });
    operation.complete({}, 1, "one");
    waits.join();
    CHECK(values == std::tuple{1, std::string{"one"}});
}

TEST_CASE("a value that can only be moved is moved") {
    event_loop loop;
    manual_operation<std::unique_ptr<int>> operation;
    std::unique_ptr<int> value;
    fiber waits = start([&] { value = operation.async_run(yield); });
    operation.complete({}, std::make_unique<int>(7));
    waits.join();
    CHECK(*value == 7);
}

TEST_CASE("an error is thrown, or stored where [error] says") {
    event_loop loop;
    manual_operation<int> throws;
    manual_operation<int> stores;
    error_code thrown;
    error_code stored;
    fiber a = start([&] {
        try {
            throws.async_run(yield);
        } catch (const boost::system::system_error& error) {
            thrown = error.code();
        }
    });
    int value = 0;
    fiber b = start([&] { value = stores.async_run(yield[stored]); });
    throws.complete(boost::asio::error::eof, 0);
    stores.complete(boost::asio::error::eof, 3);
    a.join();
    b.join();
    CHECK(thrown == boost::asio::error::eof);
    CHECK(stored == boost::asio::error::eof);
    CHECK(value == 3); // what was read before the end
}

TEST_CASE("success clears the error code of the last time") {
    event_loop loop;
    error_code error = boost::asio::error::eof;
    asio::steady_timer{loop.context(), 1ms}.async_wait(yield[error]);
    CHECK_FALSE(error);
}

TEST_CASE("an operation that completes while it is started does not wait") {
    event_loop loop;
    manual_operation<int> operation;
    operation.on_start = [&] { operation.complete({}, 5); };
    bool somebody_else_ran = false;
    fiber other{[&] { somebody_else_ran = true; }};
    CHECK(operation.async_run(yield) == 5);
    CHECK(operation.async_run(yield.until(steady_clock::now() + 1h)) == 5);
    CHECK_FALSE(somebody_else_ran);
    other.join();
}

TEST_CASE("an operation that others cancel reports that, not a timeout") {
    event_loop loop;
    asio::steady_timer timer{loop.context(), 1h};
    for (const yield_t token : {yield, yield.until(steady_clock::now() + 1h)}) {
        error_code error;
        fiber waits = start([&] { timer.async_wait(token[error]); });
        timer.cancel();
        waits.join();
        CHECK(error == operation_aborted);
    }
}

TEST_CASE("an operation is cancelled at its deadline") {
    event_loop loop;
    asio::steady_timer timer{loop.context(), 1h};
    error_code error;
    timer.async_wait(yield.until(soon())[error]);
    CHECK(error == timed_out);
    CHECK_THROWS_AS(timer.async_wait(yield.until(soon())), boost::system::system_error);
    CHECK(timer.cancel() == 0);
}

TEST_CASE("a composed operation is cancelled at its deadline and says how far it got") {
    event_loop loop;
    asio::local::stream_protocol::socket a{loop.context()};
    asio::local::stream_protocol::socket b{loop.context()};
    asio::local::connect_pair(a, b);
    b.write_some(asio::buffer("abc", 3));
    std::array<char, 10> bytes{};
    error_code error;
    std::size_t size = 0;
    while (size == 0) // again, when this thread had no core meanwhile
        size = asio::async_read(a, asio::buffer(bytes), yield.until(soon())[error]);
    CHECK(size == 3);
    CHECK(error == timed_out);
    // The socket is as good as before.
    b.write_some(asio::buffer("def", 3));
    CHECK(a.async_read_some(asio::buffer(bytes), yield) == 3);
}

TEST_CASE("an operation in time is not cancelled") {
    event_loop loop;
    manual_operation<int> operation;
    bool cancelled = false;
    operation.on_cancel = [&](auto) { cancelled = true; };
    error_code error;
    int value = 0;
    fiber waits = start([&] {
        value = operation.async_run(yield.until(steady_clock::now() + 1h)[error]);
    });
    operation.complete({}, 1);
    waits.join();
    CHECK(value == 1);
    CHECK_FALSE(error);
    CHECK_FALSE(cancelled);
}

TEST_CASE("an operation that begins after its deadline is not started") {
    event_loop loop;
    manual_operation<int> operation;
    error_code error;
    CHECK(operation.async_run(yield.until(steady_clock::now())[error]) == 0);
    CHECK(error == timed_out);
    CHECK_THROWS_AS(operation.async_run(yield.until(steady_clock::now() - 1h)),
                    boost::system::system_error);
    CHECK(operation.started == 0);
}

TEST_CASE("completing within the cancellation is safe") {
    event_loop loop;
    manual_operation<int> operation;
    operation.on_cancel = [&](auto) { operation.complete(operation_aborted, 0); };
    for (int i = 0; i < 3; ++i) {
        error_code error;
        operation.async_run(yield.until(soon())[error]);
        CHECK(error == timed_out);
    }
}

TEST_CASE("an operation that cannot be cancelled is waited for, with its own result") {
    const bool succeeds = GENERATE(true, false); // late
    for (bool begun = false; !begun;) { // again, when this thread had no core meanwhile
        event_loop loop;
        manual_operation<int> operation;
        const auto deadline = soon();
        error_code error;
        int value = 0;
        fiber waits =
            start([&] { value = operation.async_run(yield.until(deadline)[error]); });
        boost::this_fiber::sleep_until(deadline + 5ms);
        CHECK(value == 0); // still waiting: the handler still refers to its stack
        begun = operation.started > 0;
        if (begun && succeeds) operation.complete({}, 1);
        if (begun && !succeeds) operation.complete(asio::error::host_not_found, 0);
        waits.join();
        if (!begun) continue;
        CHECK(value == (succeeds ? 1 : 0));
        CHECK(error == (succeeds ? error_code{} : timed_out));
    }
}

TEST_CASE("an operation may complete between its deadline and the fiber's next turn") {
    const bool deadline_first = GENERATE(true, false);
    for (bool in_time = false;
         !in_time;) { // again, when this thread had no core meanwhile
        event_loop loop;
        manual_operation<int> operation;
        bool cancelled = false;
        operation.on_cancel = [&](auto) { cancelled = true; };
        const auto deadline = soon();
        error_code error;
        int value = 0;
        fiber waits =
            start([&] { value = operation.async_run(yield.until(deadline)[error]); });

        // The dispatcher first wakes the fibers whose time has come, then runs handlers.
        if (deadline_first)
            asio::post(loop.context(), [&] { operation.complete({}, 1); });
        else
            operation.complete({}, 1);
        in_time = steady_clock::now() < deadline;
        block_until(deadline);
        waits.join();
        if (!in_time) continue;
        CHECK(value == 1);
        CHECK_FALSE(error);
        CHECK_FALSE(cancelled);
    }
}

TEST_CASE("waiting allocates nothing") {
    if (ladder::thread_sanitizer) SKIP("its own operator new does not count");
    event_loop loop;
    manual_operation<int> operation;
    const auto deadline = steady_clock::now() + 1h;
    std::size_t while_waiting = 0;
    fiber waits = start([&] {
        while_waiting = ladder::allocations();
        operation.async_run(yield);
        operation.async_run(yield.until(deadline));
        while_waiting = ladder::allocations() - while_waiting;
    });
    for (int i = 0; i < 2; ++i) {
        operation.complete({}, i);
        boost::this_fiber::yield();
    }
    waits.join();
    CHECK(while_waiting == 0);
}
