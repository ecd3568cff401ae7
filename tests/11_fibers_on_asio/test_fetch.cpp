// What the contract of fetch_all does not ask: fetch() alone, and thread after thread.

#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/fibers_on_asio.hpp"
#include "pages.hpp"
#include "workbench/slow_server.hpp"

#include <boost/fiber/fiber.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace ladder::fibers_on_asio;
using ladder::all_well;
using ladder::page;
using ladder::pages_of;
using ladder::slow_server;

TEST_CASE("the smallest example: one thread, one fiber, one page") {
    const slow_server server;
    event_loop loop;
    page result;
    boost::fibers::fiber fiber{[&] { result = fetch(loop, server.url("/page/1"), {}); }};
    fiber.join();
    CHECK(result.body == slow_server::page_body(1));
}

TEST_CASE("the main fiber fetches as well") {
    const slow_server server;
    event_loop loop;
    CHECK(fetch(loop, server.url("/page/1"), {}).status == 200);
}

TEST_CASE("a thread fetches again, and after plain fibers") {
    const slow_server server;
    const auto urls = pages_of(server, 20, "?delay=1");
    CHECK(all_well(fetch_all(urls, {})));
    CHECK(all_well(fetch_all(urls, {.in_flight = 3})));
    boost::fibers::fiber{[] { boost::this_fiber::sleep_for(1ms); }}.join();
    CHECK(all_well(fetch_all(urls, {})));
}
