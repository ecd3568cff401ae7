// One bad URL: the real server, the real network errors, and a download that throws.

#include "one_bad_url.hpp"
#include "serial/serial.hpp"
#include "workbench/slow_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

#include <cerrno>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using ladder::page;
using ladder::slow_server;

namespace {

/// Rung 01's fetch, made to throw.
std::string get(const std::string& url) {
    page p = ladder::serial::fetch(url, {});
    if (p.error) throw std::system_error{p.error, url};
    return p.body;
}

std::vector<page> fetch_all(const std::vector<std::string>& urls,
                            const ladder::download& download = get) {
    std::vector<page> pages;
    REQUIRE_NOTHROW(pages = ladder::fetch_all(urls, download));
    return pages;
}

/// Of each page, what the order is checked by.
std::vector<std::string> bodies(const std::vector<page>& pages) {
    std::vector<std::string> result;
    result.reserve(pages.size());
    for (const page& p : pages)
        result.push_back(p.body);
    return result;
}

} // namespace

TEST_CASE("good pages arrive in the order of the list") {
    const slow_server server;
    const auto pages =
        fetch_all({server.url("/page/2"), server.url("/page/0"), server.url("/page/1")});
    CHECK(bodies(pages) == std::vector{slow_server::page_body(2),
                                       slow_server::page_body(0),
                                       slow_server::page_body(1)});
    for (const page& p : pages)
        CHECK_FALSE(p.error);
}

TEST_CASE("one bad page does not lose the others") {
    const slow_server server;
    const auto pages =
        fetch_all({server.url("/page/0"), server.url("/reset"), server.url("/page/1")});
    REQUIRE_FALSE(pages.empty());
    CHECK(pages.front().body == slow_server::page_body(0)); // the one before it
    CHECK(pages.back().body == slow_server::page_body(1));  // the one after it
}

TEST_CASE("every URL has a page, in the order of the list") {
    const slow_server server;
    const std::vector<std::string> urls{
        server.url("/reset"),  server.url("/page/0"),   "no url",
        server.url("/page/1"), server.url("/truncate"),
    };
    const auto pages = fetch_all(urls);
    REQUIRE(pages.size() == urls.size());
    for (std::size_t i = 0; i < urls.size(); ++i)
        CHECK(pages[i].url == urls[i]);
}

TEST_CASE("the bad page says what was wrong") {
    const slow_server server;
    const std::vector<std::string> urls{server.url("/page/0"), server.url("/reset"),
                                        server.url("/truncate"), "no url"};
    const auto pages = fetch_all(urls);
    REQUIRE(pages.size() == urls.size());
    CHECK_FALSE(pages[0].error);
    for (std::size_t i = 1; i < urls.size(); ++i) {
        INFO(urls[i]);
        CHECK(pages[i].error == ladder::serial::fetch(urls[i], {}).error);
        CHECK(pages[i].url == urls[i]);
        CHECK(pages[i].body.empty());
    }
    // The same number in another category is another code.
    const std::error_code code{ECONNRESET, std::system_category()};
    const auto bad = [&](const std::string&) -> std::string {
        throw std::system_error{code};
    };
    CHECK(fetch_all({"http://127.0.0.1/"}, bad).at(0).error == code);
}

TEST_CASE("each URL is downloaded once, the bad ones too") {
    const slow_server server;
    fetch_all({server.url("/page/0"), server.url("/reset"), server.url("/page/1")});
    const auto seen = server.stats().per_target;
    CHECK(seen.at("/page/0") == 1);
    CHECK(seen.at("/reset") == 1);
    CHECK(seen.at("/page/1") == 1);
}

TEST_CASE("running out of memory is not a page's error") {
    const std::vector<std::string> urls{"http://127.0.0.1/"};
    const auto no_memory = [](const std::string&) -> std::string {
        throw std::bad_alloc{};
    };
    CHECK_THROWS_AS(ladder::fetch_all(urls, no_memory), std::bad_alloc);
}

TEST_CASE("a bug is not a page's error") {
    const std::vector<std::string> urls{"http://127.0.0.1/"};
    const auto bug = [](const std::string& url) -> std::string {
        return {url.at(1'000'000)};
    };
    CHECK_THROWS_AS(ladder::fetch_all(urls, bug), std::out_of_range);
}

TEST_CASE("an empty list gives an empty result") {
    CHECK(fetch_all({}).empty());
}

TEST_CASE("whatever is no std::system_error reaches the caller as it was") {
    const std::vector<std::string> urls{"http://127.0.0.1/"};
    const auto number = [](const std::string&) -> std::string { throw 42; };
    CHECK_THROWS_AS(ladder::fetch_all(urls, number), int);
    const auto fault = [](const std::string&) -> std::string {
        throw std::runtime_error{"a fault of the program"};
    };
    CHECK_THROWS_WITH(ladder::fetch_all(urls, fault), "a fault of the program");
}

TEST_CASE("when all are bad, each has a page") {
    const std::vector<std::string> urls(100, "http://127.0.0.1/");
    const auto bad = [](const std::string&) -> std::string {
        throw std::system_error{std::make_error_code(std::errc::connection_refused)};
    };
    const auto pages = ladder::fetch_all(urls, bad);
    REQUIRE(pages.size() == 100);
    CHECK(pages.back().error == std::errc::connection_refused);
}

TEST_CASE("a page without a body is a good one") {
    const std::vector<std::string> urls{"http://127.0.0.1/"};
    const auto pages = fetch_all(urls, [](const std::string&) { return std::string{}; });
    REQUIRE(pages.size() == 1);
    CHECK_FALSE(pages[0].error);
}

TEST_CASE("a list of 1,000 URLs has 1,000 pages, and so has the next list") {
    std::vector<std::string> urls;
    for (int i = 0; i < 1'000; ++i)
        urls.push_back("http://127.0.0.1/" + std::to_string(i));
    for (int list = 0; list < 2; ++list) {
        const auto pages = fetch_all(urls, [](const std::string& url) { return url; });
        REQUIRE(pages.size() == 1'000);
        CHECK(pages.back().body == urls.back());
    }
}
