// The contract of fetch_all. Compiled once for every rung that fetches, unchanged:
// RUNG_HEADER and RUNG name the rung, RUNG_MAX_IN_FLIGHT what it can do at most.

#include RUNG_HEADER

#include "leftovers.hpp"
#include "pages.hpp"
#include "unused_port.hpp"
#include "workbench/http_exchange.hpp"
#include "workbench/slow_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <system_error>
#include <vector>

using namespace std::chrono_literals;
using ladder::fetch_options;
using ladder::http_error;
using ladder::page;
using ladder::slow_server;

namespace {

std::vector<page> fetch_all(const std::vector<std::string>& urls,
                            const fetch_options& options = {}) {
    return ladder::RUNG::fetch_all(urls, options);
}

std::size_t reachable(std::size_t in_flight) {
    return std::min<std::size_t>(in_flight, RUNG_MAX_IN_FLIGHT);
}

} // namespace

TEST_CASE("results come in the order of the URLs") {
    const slow_server server;
    std::vector<std::string> urls;
    for (int i = 0; i < 20; ++i)
        urls.push_back(server.url(fmt::format("/page/{}?delay={}", i, 5 * (20 - i))));

    const auto pages = fetch_all(urls);

    REQUIRE(pages.size() == urls.size());
    for (std::size_t i = 0; i < urls.size(); ++i) {
        CHECK(pages[i].url == urls[i]);
        CHECK_FALSE(pages[i].error);
        CHECK(pages[i].status == 200);
        CHECK(pages[i].body == slow_server::page_body(i));
        CHECK(pages[i].elapsed >= std::chrono::milliseconds{5 * (20 - i)});
    }
}

TEST_CASE("every URL is asked for exactly once") {
    const slow_server server;
    std::vector<std::string> targets;
    std::vector<std::string> urls;
    for (int i = 0; i < 150; ++i) {
        targets.push_back(fmt::format("/page/{}", i));
        urls.push_back(server.url(targets.back()));
    }

    fetch_all(urls, {.in_flight = 16});

    const auto seen = server.stats().per_target;
    CHECK(seen.size() == targets.size());
    for (const auto& target : targets) {
        INFO(target);
        CHECK((seen.contains(target) && seen.at(target) == 1));
    }
}

TEST_CASE("a URL that is listed twice is asked for twice") {
    const slow_server server;
    const auto pages = fetch_all({server.url("/page/1"), server.url("/page/1")});
    CHECK(server.stats().per_target.at("/page/1") == 2);
    CHECK(pages.at(0).body == pages.at(1).body);
}

TEST_CASE("as many pages as asked for are in flight, and never more") {
    const slow_server server;
    const std::size_t in_flight = reachable(8);
    // A gate answers nobody before so many wait there; a rung that asks for fewer at the
    // same time never gets through.
    std::vector<std::string> urls;
    for (std::size_t i = 0; i < 3 * in_flight; ++i)
        urls.push_back(server.url(fmt::format("/gate/{}?i={}", in_flight, i)));

    const auto pages = fetch_all(urls, {.in_flight = 8, .timeout = 30s});

    for (const page& p : pages)
        CHECK(p.status == 200);
    CHECK(server.stats().peak_in_flight == in_flight);
}

TEST_CASE("in_flight of zero means one") {
    const slow_server server;
    const auto pages =
        fetch_all({server.url("/page/1"), server.url("/page/2")}, {.in_flight = 0});
    for (const page& p : pages)
        CHECK(p.status == 200);
    CHECK(server.stats().peak_in_flight == 1);
}

TEST_CASE("an error stays with its own page") {
    const slow_server server;
    const auto pages = fetch_all({
        server.url("/page/0"),
        server.url("/reset"),
        server.url("/page/1"),
        server.url("/truncate"),
        server.url("/page/2"),
        server.url("/broken-chunk"),
        server.url("/page/3"),
        server.url("/bad-header"),
        server.url("/page/4"),
        server.url("/huge-header"),
        server.url("/page/5"),
        server.url("/status/404"),
        server.url("/page/6"),
    });

    for (std::size_t i = 0; i < pages.size(); i += 2) {
        INFO(pages[i].url);
        CHECK_FALSE(pages[i].error);
        CHECK(pages[i].body == slow_server::page_body(i / 2));
    }
    CHECK(pages.at(1).error == std::errc::connection_reset);
    CHECK(pages.at(3).error == http_error::truncated);
    CHECK(pages.at(5).error == http_error::malformed);
    CHECK(pages.at(7).error == http_error::malformed);
    CHECK(pages.at(9).error == http_error::header_too_large);
    CHECK_FALSE(pages.at(11).error);
    CHECK(pages.at(11).status == 404);
    for (const std::size_t failed : {1, 3, 5, 7, 9})
        CHECK(pages.at(failed).body.empty());
}

TEST_CASE("a page that never comes times out and delays nobody else") {
    const slow_server server;
    const std::size_t others = std::max<std::size_t>(reachable(4), 2) - 1;
    // The gate opens only if the rest goes on while the first page hangs.
    std::vector<std::string> urls{server.url("/hang")};
    for (std::size_t i = 0; i < 3 * others; ++i)
        urls.push_back(server.url(fmt::format("/gate/{}?i={}", others, i)));

    const auto pages = fetch_all(urls, {.in_flight = 4, .timeout = 2s});

    CHECK(pages.at(0).error == std::errc::timed_out);
    CHECK(pages.at(0).status == 0);
    for (std::size_t i = 1; i < pages.size(); ++i)
        CHECK(pages[i].status == 200);
}

TEST_CASE("the timeout is for the whole page, not for each byte") {
    const slow_server server;
    const auto pages =
        fetch_all({server.url("/drip?bytes=1000000&every=1")}, {.timeout = 200ms});
    CHECK(pages.at(0).error == std::errc::timed_out);
}

TEST_CASE("a body that is larger than allowed is an error") {
    const slow_server server;
    const auto pages = fetch_all({server.url("/bytes/1000"), server.url("/bytes/1001"),
                                  server.url("/chunked/1001")},
                                 {.max_body = 1000});
    CHECK_FALSE(pages.at(0).error);
    CHECK(pages.at(0).body.size() == 1000);
    CHECK(pages.at(1).error == http_error::body_too_large);
    CHECK(pages.at(2).error == http_error::body_too_large);
}

TEST_CASE("answers of every form arrive whole") {
    const slow_server server;
    const auto pages = fetch_all(
        {server.url("/chunked/100000"), server.url("/bytes/100000"), server.url("/close"),
         server.url("/http10"), server.url("/early-hints"), server.url("/bytes/0")});
    for (const page& p : pages) {
        INFO(p.url);
        CHECK_FALSE(p.error);
        CHECK(p.status == 200);
    }
    CHECK(pages.at(0).body.size() == 100'000);
    CHECK(pages.at(1).body.size() == 100'000);
}

TEST_CASE("an empty list gives an empty result") {
    CHECK(fetch_all({}).empty());
}

TEST_CASE("a bad URL is an error of its own page") {
    const slow_server server;
    const auto pages =
        fetch_all({"", "no url", "http://", "ftp://127.0.0.1/",
                   server.url("/page/1\r\nInjected: yes"), server.url("/page/1")});
    CHECK(pages.at(0).error == http_error::bad_url);
    CHECK(pages.at(1).error == http_error::bad_url);
    CHECK(pages.at(2).error == http_error::bad_url);
    CHECK(pages.at(3).error == http_error::not_http);
    CHECK(pages.at(4).error == http_error::bad_url);
    CHECK(pages.at(5).status == 200);
    CHECK(server.stats().requests == 1);
}

TEST_CASE("a host that refuses or does not exist is an error of its own page") {
    const slow_server server;
    const ladder::unused_port unused;
    const auto pages = fetch_all({fmt::format("http://127.0.0.1:{}/", unused.number()),
                                  "http://no-such-host.invalid/", server.url("/page/1")});
    CHECK(pages.at(0).error == std::errc::connection_refused);
    CHECK(pages.at(1).error == http_error::host_not_found);
    CHECK(pages.at(2).status == 200);
}

TEST_CASE("nothing is left behind") {
    const slow_server server;
    auto urls = ladder::pages_of(server, 40);
    urls.push_back(server.url("/hang"));
    urls.push_back(server.url("/reset"));

    const auto before = ladder::leftovers::now();
    fetch_all(urls, {.in_flight = 8, .timeout = 500ms});

    CHECK(ladder::leftovers::since(before) == "");
    CHECK(server.stats().in_flight == 0);
}
