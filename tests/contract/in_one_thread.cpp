// What is asked besides of the rungs that fetch all pages in one thread, on a loop. Part
// of the contract: compiled with fetch_all.cpp, unchanged, for each of them.

#include RUNG_HEADER

#include "late_answers.hpp"
#include "pages.hpp"
#include "raw_server.hpp"
#include "running_program.hpp"
#include "workbench/http_exchange.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/slow_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <netdb.h>
#include <sys/resource.h>

using namespace std::chrono_literals;
using ladder::all_well;
using ladder::page;
using ladder::pages_of;
using ladder::slow_server;
using ladder::RUNG::fetch_all;

namespace {

// What a lookup of "slow.test" waits for. The thread that looks up calls it.
std::function<void()> before_slow_name; // NOLINT: set while nobody looks up

} // namespace

// In place of the C library's; the linker takes this one, for Asio too.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) {
    static const auto real =
        reinterpret_cast<decltype(&::getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    const bool is_address = hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0;
    if (!is_address && name && std::string_view{name} == "slow.test") {
        before_slow_name();
        return EAI_NONAME;
    }
    if (is_address || !name || std::string_view{name} != "two.test")
        return real(name, service, hints, found);
    // What it returns must be as real as the rest: freeaddrinfo(3) takes it apart.
    addrinfo* second = nullptr;
    const int failed = real("127.0.0.2", service, hints, found);
    if (failed != 0 || real("127.0.0.3", service, hints, &second) != 0) return EAI_FAIL;
    (*found)->ai_next = second;
    return 0;
}

TEST_CASE("a thousand pages are in flight in one thread") {
    const ladder::descriptor_limit all{RLIM_INFINITY};
    const slow_server server;
    const std::vector<std::string> urls(1000, server.url("/gate/1000"));

    const auto pages = fetch_all(urls, {.in_flight = 1000, .timeout = 50s});

    for (const page& p : pages)
        REQUIRE(p.status == 200);
    CHECK(server.stats().peak_in_flight == 1000);
}

TEST_CASE("more pages in flight than descriptors: the rest waits, and none fails") {
    const slow_server server;
    const ladder::descriptor_limit few{64};
    std::vector<std::string> urls;
    for (int i = 0; i < 200; ++i)
        urls.push_back(server.url(fmt::format("/page/{}?delay=20", i)));

    CHECK(all_well(fetch_all(urls, {.in_flight = 200})));
    CHECK(server.stats().peak_in_flight < 64);
    CHECK(server.stats().peak_in_flight > 1);
}

TEST_CASE("pages from one host share a connection, one for each that is in flight") {
    const slow_server server;
    CHECK(all_well(fetch_all(pages_of(server, 50), {.in_flight = 1})));
    CHECK(server.stats().connections == 1);
    CHECK(all_well(fetch_all(pages_of(server, 50), {.in_flight = 5})));
    CHECK(server.stats().connections <= 6);
}

TEST_CASE("pages from two hosts do not share one") {
    const slow_server a, b;
    const auto pages = fetch_all(std::vector{a.url("/page/0"), b.url("/page/1"),
                                             b.url("/page/2"), a.url("/page/3")},
                                 {.in_flight = 1});
    CHECK(all_well(pages));
    CHECK(a.stats().connections == 2);
    CHECK(b.stats().connections == 1);
}

TEST_CASE("a kept connection that turns out to be closed is replaced") {
    const slow_server server;
    std::vector<std::string> urls;
    for (int i = 0; i < 10; ++i) {
        urls.push_back(server.url("/keep-alive-then-close"));
        urls.push_back(server.url(fmt::format("/page/{}", i)));
    }
    const auto pages = fetch_all(urls, {.in_flight = 1});
    for (const page& p : pages)
        CHECK((p.status == 200 && !p.error));
    for (std::size_t i = 1; i < pages.size(); i += 2)
        CHECK(pages[i].body == slow_server::page_body(i / 2));
    CHECK(server.stats().per_target.at("/page/0") == 1);
}

TEST_CASE("what comes late on a kept connection is not the next page") {
    for (const ladder::late_answer& late : ladder::late_answers) {
        INFO(late.what);
        const ladder::raw_server server = ladder::late_server(late);
        const auto pages = fetch_all(
            std::vector{server.url("/first"), server.url("/2"), server.url("/3")},
            {.in_flight = 1});
        CHECK_FALSE(pages.at(0).error);
        CHECK(pages.at(1).body == "right");
        CHECK(pages.at(2).body == "right");
        CHECK(server.connections() == 2);
        CHECK(server.requests().size() == 3);
    }
}

TEST_CASE("an address that stays silent does not use up the time of the others") {
    const ladder::silent_address silent{"127.0.0.2"};
    const ladder::raw_server server{
        [](std::string_view, int) -> ladder::raw_server::answer {
            return {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright"};
        },
        "127.0.0.3", silent.port()};
    const auto pages = fetch_all(
        std::vector{fmt::format("http://two.test:{}/", silent.port())}, {.timeout = 3s});
    CHECK_FALSE(pages.at(0).error);
    CHECK(pages.at(0).body == "right");
}

TEST_CASE("a page whose connection breaks is asked for again only on a kept one") {
    const slow_server server;
    const auto pages = fetch_all(
        std::vector{server.url("/reset"), server.url("/page/1"), server.url("/reset")},
        {.in_flight = 1});
    CHECK(pages.at(0).error == std::errc::connection_reset);
    CHECK(pages.at(1).status == 200);
    CHECK(pages.at(2).error == std::errc::connection_reset);
    // The third was on the kept connection: it was asked for again, once.
    CHECK(server.stats().per_target.at("/reset") == 3);
}

TEST_CASE("a name is looked up") {
    const slow_server server;
    const auto pages = fetch_all(
        std::vector{fmt::format("http://localhost:{}/page/0", server.port())}, {});
    CHECK(all_well(pages));
}

TEST_CASE("a page whose host is being looked up times out like any other") {
    const slow_server server;
    // The name is not known before the server has seen the page that comes after it.
    before_slow_name = [&] {
        ladder::wait_until([&] { return server.stats().requests > 0; },
                           "the second page");
    };
    const auto pages =
        fetch_all(std::vector<std::string>{"http://slow.test/", server.url("/page/1")},
                  {.in_flight = 1, .timeout = 200ms});
    CHECK(pages.at(0).error == std::errc::timed_out);
    CHECK(pages.at(1).status == 200);
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

TEST_CASE("a page that timed out leaves nothing to the next one") {
    const slow_server server;
    const auto pages = fetch_all(std::vector{server.url("/hang"), server.url("/page/1"),
                                             server.url("/hang"), server.url("/page/3")},
                                 {.in_flight = 1, .timeout = 500ms});
    CHECK(pages.at(0).error == std::errc::timed_out);
    CHECK(pages.at(1).body == slow_server::page_body(1));
    CHECK(pages.at(2).error == std::errc::timed_out);
    CHECK(pages.at(3).body == slow_server::page_body(3));
}

TEST_CASE("several threads fetch at the same time, each with a loop of its own") {
    const slow_server server;
    const auto urls = pages_of(server, 20, "?delay=1");
    std::vector<std::vector<page>> results(4);
    {
        std::vector<std::jthread> threads;
        for (auto& result : results)
            threads.emplace_back([&] { result = fetch_all(urls, {.in_flight = 5}); });
    }
    for (const auto& result : results)
        CHECK((result.size() == urls.size() && all_well(result)));
}

TEST_CASE("thousands of bad URLs one after the other are no recursion") {
    const std::vector<std::string> urls(100'000, "no url");
    const auto pages = fetch_all(urls, {.in_flight = 2});
    CHECK(std::ranges::all_of(
        pages, [](const page& p) { return p.error == ladder::http_error::bad_url; }));
}
