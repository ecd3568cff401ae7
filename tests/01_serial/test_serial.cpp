// What rung 01 claims: one wait after the other, and a core that has nothing to do.

#include "pages.hpp"
#include "serial/serial.hpp"
#include "workbench/http_exchange.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace ladder;

namespace {

constexpr std::size_t count = 10;
constexpr auto delay = 20ms;

std::vector<std::string> slow_pages(const slow_server& server) {
    return pages_of(server, count, fmt::format("?delay={}", delay.count()));
}

} // namespace

TEST_CASE("one page is in flight, whatever is asked for") {
    const slow_server server;
    serial::fetch_all(slow_pages(server), {.in_flight = 64});
    CHECK(server.stats().requests == count);
    CHECK(server.stats().peak_in_flight == 1);
}

TEST_CASE("the waits follow one another") {
    const slow_server server;
    const auto urls = slow_pages(server);
    const timeline::recording recording;
    serial::fetch_all(urls, {});
    const auto waits = recording.intervals();
    REQUIRE(waits.size() == count);
    for (std::size_t i = 1; i < count; ++i)
        CHECK(waits[i - 1].end <= waits[i].begin);
}

TEST_CASE("the whole takes at least the sum of its waits") {
    const slow_server server;
    const auto urls = slow_pages(server);
    const stopwatch watch;
    serial::fetch_all(urls, {});
    CHECK(watch.elapsed().wall >= count * delay);
}

TEST_CASE("waiting gives the core away") {
    const slow_server server;
    const auto urls = slow_pages(server);
    const stopwatch watch;
    serial::fetch_all(urls, {});
    CHECK(watch.elapsed().voluntary_switches >= count); // at least once for each page
}

TEST_CASE("waiting takes no CPU time") {
    const slow_server server;
    const stopwatch watch;
    serial::fetch(server.url("/delay/1000"), {});
    CHECK(watch.elapsed().cpu < 500ms); // about 1 ms; a busy wait would take all 1000
}

TEST_CASE("a page that never comes holds up those behind it") {
    const slow_server server;
    const stopwatch watch;
    const auto pages = serial::fetch_all(
        std::vector{server.url("/hang"), server.url("/page/1")}, {.timeout = 300ms});
    CHECK(watch.elapsed().wall >= 300ms);
    CHECK(pages.at(0).error == std::errc::timed_out);
    CHECK(pages.at(0).elapsed >= 300ms);
    CHECK(pages.at(1).status == 200);
}

TEST_CASE("one page can be fetched by itself") {
    const slow_server server;
    const page good = serial::fetch(server.url("/page/7"), {});
    CHECK(good.status == 200);
    CHECK(good.body == slow_server::page_body(7));
    CHECK(serial::fetch("no url", {}).error == http_error::bad_url);
}
