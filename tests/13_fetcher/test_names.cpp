// Names with several addresses, names that nobody answers for, names that are not ASCII.

#include "fetcher/international_host.hpp"
#include "fetcher/page_fetcher.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "raw_server.hpp"
#include "running_program.hpp"

#include <boost/fiber/fiber.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <dlfcn.h>
#include <netdb.h>

using namespace ladder::fetcher;
using namespace std::chrono_literals;
using ladder::raw_server;
using ladder::silent_address;
using ladder::fibers_on_asio::event_loop;

namespace {

std::atomic<bool> nobody_answers = false; // for names that begin with "dead"
std::atomic<int> dead_lookups = 0;
std::atomic<int> known_lookups = 0;

} // namespace

// In place of the C library's; the linker takes this one.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) {
    static const auto real =
        reinterpret_cast<decltype(&::getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    const std::string_view host = name ? name : "";
    if (host.starts_with("dead")) {
        ++dead_lookups;
        ladder::wait_until([] { return !nobody_answers; }, "a dead name's end");
        return EAI_AGAIN;
    }
    if (host == "known.test") {
        ++known_lookups;
        return real("127.0.0.1", service, hints, found);
    }
    if (host == "six.test") // as on a machine of which all links have IPv4 alone
        return real((hints->ai_flags & AI_ADDRCONFIG) != 0 ? "127.0.0.1" : "::1", service,
                    hints, found);
    if (host != "two.test") return real(name, service, hints, found);
    addrinfo* second = nullptr; // as real as the first: freeaddrinfo(3) takes both
    const int failed = real("127.0.0.2", service, hints, found);
    if (failed != 0 || real("127.0.0.3", service, hints, &second) != 0) return EAI_FAIL;
    (*found)->ai_next = second;
    return 0;
}

namespace {

raw_server::answer answer_right(std::string_view, int) {
    return {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright"};
}

/// Fetches in this process, where names are what this file says.
struct in_process {
    worker_settings settings{.concurrency = 64,
                             .timeout = 20s,
                             .connect_timeout = 20s,
                             .max_bytes = 1000,
                             .user_agent = "test"};
    event_loop loop{};
    worker_statistics statistics{};
    page_fetcher pages{loop, settings, statistics};

    outcome fetch(const std::string& url) {
        sha256 hash;
        return pages.fetch({.id = 1, .url = url}, hash).o;
    }
};

} // namespace

TEST_CASE("the first address is silent, and the second one answers") {
    const silent_address silent{"127.0.0.2"};
    const raw_server server{answer_right, "127.0.0.3", silent.port()};
    in_process fetcher;
    const outcome o = fetcher.fetch(fmt::format("http://two.test:{}/", silent.port()));
    CHECK_FALSE(o.error);
    CHECK(o.status == 200);
    CHECK(o.attempts == 1);
}

TEST_CASE("what the hosts file says in IPv6 is not another server in IPv4") {
    const raw_server server{answer_right, "::1"};
    in_process fetcher;
    const outcome o = fetcher.fetch(fmt::format("http://six.test:{}/", server.port()));
    CHECK_FALSE(o.error);
    CHECK(server.requests().size() == 1);
}

TEST_CASE("the first address refuses, and the second one answers") {
    const raw_server server{answer_right, "127.0.0.3"};
    in_process fetcher;
    const outcome o = fetcher.fetch(fmt::format("http://two.test:{}/", server.port()));
    CHECK(o.status == 200);
    CHECK(o.attempts == 1);
}

TEST_CASE("nobody answers at any address: that is the error of the page") {
    const silent_address silent{"127.0.0.2"}; // and at the other one, nobody listens
    in_process fetcher;
    fetcher.settings.connect_timeout = 600ms;
    const outcome o = fetcher.fetch(fmt::format("http://two.test:{}/", silent.port()));
    CHECK(o.error == std::errc::timed_out);
}

TEST_CASE("a known name does not wait for names that nobody answers for") {
    const raw_server server{answer_right};
    in_process fetcher;
    nobody_answers = true;
    dead_lookups = known_lookups = 0;
    std::vector<boost::fibers::fiber> fibers;
    for (int i = 0; i < 5; ++i)
        fibers.emplace_back(
            [&, i] { fetcher.fetch(fmt::format("http://dead-{}.test/", i)); });
    ladder::wait_until( // and the others run meanwhile
        [&] {
            boost::this_fiber::yield();
            return dead_lookups == 5;
        },
        "five lookups at the same time");
    std::vector<outcome> outcomes(10);
    std::vector<boost::fibers::fiber> known;
    for (outcome& o : outcomes)
        known.emplace_back([&] {
            o = fetcher.fetch(fmt::format("http://known.test:{}/", server.port()));
        });
    for (auto& fiber : known)
        fiber.join();
    CHECK(nobody_answers);
    nobody_answers = false;
    for (auto& fiber : fibers)
        fiber.join();
    for (const outcome& o : outcomes)
        CHECK(o.status == 200);
    CHECK(known_lookups == 1); // all ten waited for the same one
}

TEST_CASE("the wait for a thread is no part of a name's own time") {
    const raw_server server{answer_right};
    in_process fetcher;
    fetcher.settings.timeout = fetcher.settings.connect_timeout = 1s;
    nobody_answers = true;
    dead_lookups = 0;
    std::vector<boost::fibers::fiber> fibers;
    constexpr int all = ladder::fibers_on_asio::resolver::most_threads;
    for (int i = 0; i < all; ++i)
        fibers.emplace_back(
            [&, i] { fetcher.fetch(fmt::format("http://dead-{}.test/", i)); });
    ladder::wait_until(
        [&] {
            boost::this_fiber::yield();
            return dead_lookups == all;
        },
        "all threads to be busy");
    outcome o;
    boost::fibers::fiber waits{
        [&] { o = fetcher.fetch(fmt::format("http://known.test:{}/", server.port())); }};
    boost::this_fiber::sleep_for(1200ms); // longer than the page has
    nobody_answers = false;
    waits.join();
    for (auto& fiber : fibers)
        fiber.join();
    CHECK_FALSE(o.error);
    CHECK(o.status == 200);
}

TEST_CASE("the deadline of a URL ends also the wait for a thread") {
    in_process fetcher;
    fetcher.settings.deadline = 100ms;
    nobody_answers = true;
    dead_lookups = 0;
    std::vector<boost::fibers::fiber> fibers;
    constexpr int all = ladder::fibers_on_asio::resolver::most_threads;
    std::vector<outcome> outcomes(all + 1);
    for (int i = 0; i < all + 1; ++i)
        fibers.emplace_back([&, i] {
            outcomes[static_cast<std::size_t>(i)] =
                fetcher.fetch(fmt::format("http://dead-{}.test/", i));
        });
    for (auto& fiber : fibers)
        fiber.join(); // while all threads are still busy
    CHECK(dead_lookups == all);
    nobody_answers = false;
    for (const outcome& o : outcomes)
        CHECK(o.error == std::errc::timed_out);
}

TEST_CASE("a host that is not ASCII is what DNS calls it") {
    const auto ascii = [](std::string_view url) {
        std::error_code error;
        const std::string result = with_ascii_host(url, error);
        return error ? error.message() : result;
    };
    for (const auto& [url, expected] : std::vector<std::pair<std::string, std::string>>{
             {"http://b\xc3\xbc"
              "cher.example/\xc3\xa4",
              "http://xn--bcher-kva.example/\xc3\xa4"},
             {"http://u:\xc3\xa4@B\xc3\x9c"
              "CHER.example:8080?\xc3\xa4",
              "http://u:\xc3\xa4@xn--bcher-kva.example:8080?\xc3\xa4"},
             {"http://fa\xc3\x9f.de/", "http://xn--fa-hia.de/"},
             {"http://\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88/",
              "http://xn--r8jz45g.xn--zckzah/"},
             {"http://a.example/\xc3\xa4@b", "http://a.example/\xc3\xa4@b"},
             {"http://a.example#\xc3\xa4", "http://a.example#\xc3\xa4"},
             {"http://u%40:p@b%C3%BCcher.ex%61mple/%C3%BC",
              "http://u%40:p@xn--bcher-kva.ex%61mple/%C3%BC"},
             {"http://\xe2\x98\x83.example/", "http://xn--n3h.example/"},
             {"http://a\xf0\x9f\x98\x80.example/", "http://xn--a-jv3s.example/"},
             {"http://a%2Fb.example/", "http://a%2Fb.example/"},
             {"http://[fe80::1%25lo]/%C3%BC", "http://[fe80::1%25lo]/%C3%BC"},
             {"\xc3\xa4", "\xc3\xa4"}}) {
        INFO(url);
        CHECK(ascii(url) == expected);
    }
    CHECK(ascii("http://b%C3%BC%2Fx/") == "not a valid absolute URL");
    // Other writings of @ : # ? and /, which would end the name.
    for (const char* wide : {"\uff20", "\ufe6b", "\uff1a", "\uff03", "\uff1f", "\uff0f"})
        CHECK(ascii(std::string{"http://good.test"} + wide + "bad.test/") ==
              "not a valid absolute URL");
    using namespace std::string_view_literals;
    CHECK(ascii("http://good.test\0\xc3\xa4.bad.test/"sv) == "not a valid absolute URL");
    // A symbol beside what the older rules make another name of.
    for (const char* changed : {"\xc3\x9f", "\xcf\x82", "\xe2\x80\x8d", "\xe2\x80\x8c"})
        CHECK(ascii(fmt::format("http://\xe2\x98\x83{}.test/", changed)) ==
              "not a valid absolute URL");
    CHECK(ascii("http://b%FF/") == "not a valid absolute URL");
    CHECK(ascii("http://\xff/") == "not a valid absolute URL");
    CHECK(ascii("http://-\xc3\xa4-.\xc3\xa4 \x01/") == "not a valid absolute URL");
}
