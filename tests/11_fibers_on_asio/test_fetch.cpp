// What the contract of fetch_all does not ask of every rung.

#include "event_loop.hpp"
#include "fibers_on_asio.hpp"
#include "slow_server.hpp"

#include <boost/fiber/fiber.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace ladder::fibers_on_asio;
using ladder::page;
using ladder::slow_server;

namespace {

std::vector<std::string> some_pages(const slow_server& server) {
    std::vector<std::string> urls;
    for (int i = 0; i < 20; ++i)
        urls.push_back(server.url(fmt::format("/page/{}?delay=1", i)));
    return urls;
}

bool all_well(const std::vector<page>& pages) {
    for (std::size_t i = 0; i < pages.size(); ++i)
        if (pages[i].error || pages[i].body != slow_server::page_body(i)) return false;
    return true;
}

} // namespace

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

TEST_CASE("pages from one host share a connection, one for each fiber") {
    const slow_server server;
    const auto urls = some_pages(server);
    CHECK(all_well(fetch_all(urls, {.in_flight = 1})));
    CHECK(server.stats().connections == 1);
}

TEST_CASE("pages from two hosts do not share one") {
    const slow_server a, b;
    const std::vector urls{a.url("/page/0"), b.url("/page/1"), a.url("/page/2")};
    CHECK(all_well(fetch_all(urls, {.in_flight = 1})));
    CHECK(a.stats().connections == 2);
    CHECK(b.stats().connections == 1);
}

TEST_CASE("a kept connection that the server has closed costs nobody a page") {
    const slow_server server;
    std::vector<std::string> urls;
    for (int i = 0; i < 10; ++i) {
        urls.push_back(server.url("/keep-alive-then-close"));
        urls.push_back(server.url(fmt::format("/page/{}", i)));
    }
    for (const page& p : fetch_all(urls, {.in_flight = 1}))
        CHECK((p.status == 200 && !p.error));
}

TEST_CASE("a page whose connection breaks is asked for again only on a kept one") {
    const slow_server server;
    const std::vector urls{server.url("/reset"), server.url("/page/1"),
                           server.url("/reset")};
    const auto pages = fetch_all(urls, {.in_flight = 1});
    CHECK(pages.at(0).error == std::errc::connection_reset);
    CHECK(pages.at(1).status == 200);
    CHECK(pages.at(2).error == std::errc::connection_reset);
    CHECK(server.stats().per_target.at("/reset") == 3); // the third one twice
}

TEST_CASE("a thread fetches again, and after plain fibers") {
    const slow_server server;
    const auto urls = some_pages(server);
    CHECK(all_well(fetch_all(urls, {})));
    CHECK(all_well(fetch_all(urls, {.in_flight = 3})));
    boost::fibers::fiber{[] { boost::this_fiber::sleep_for(1ms); }}.join();
    CHECK(all_well(fetch_all(urls, {})));
}

TEST_CASE("several threads fetch at the same time") {
    const slow_server server;
    const auto urls = some_pages(server);
    std::vector<std::vector<page>> results(4);
    std::vector<std::thread> threads;
    for (auto& result : results)
        threads.emplace_back([&] { result = fetch_all(urls, {.in_flight = 5}); });
    for (auto& thread : threads)
        thread.join();
    for (const auto& result : results) {
        CHECK(result.size() == urls.size());
        CHECK(all_well(result));
    }
}

TEST_CASE("a name is looked up") {
    const slow_server server;
    const auto pages = fetch_all(
        std::vector{fmt::format("http://localhost:{}/page/0", server.port())}, {});
    CHECK(all_well(pages));
}

TEST_CASE("a page whose bytes never stop coming times out too") {
    const slow_server server;
    // There is always something to read, so no single read ever waits.
    const auto pages =
        fetch_all(std::vector{server.url("/drip?bytes=1000000000&every=0")},
                  {.timeout = 200ms, .max_body = 2'000'000'000});
    CHECK(pages.at(0).error == std::errc::timed_out);
    CHECK(pages.at(0).status == 200);
    CHECK(pages.at(0).body.empty());
}

TEST_CASE("a thousand pages are in flight in one thread") {
    const slow_server server;
    const std::vector<std::string> urls(1000, server.url("/gate/1000"));
    const auto pages = fetch_all(urls, {.in_flight = 1000, .timeout = 50s});
    for (const page& p : pages)
        REQUIRE(p.status == 200);
    CHECK(server.stats().peak_in_flight == 1000);
}
