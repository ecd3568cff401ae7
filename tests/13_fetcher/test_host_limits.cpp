// In one thread: ThreadSanitizer has nothing to say here.

// What a host may be asked, event by event. No process, no socket, no clock: the times
// are those that the test says. Wrong ones are in host_limits_wrong.

#include "fetcher/host_limits.hpp"
#include "fetcher/retry_after.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <optional>
#include <string>

using namespace ladder::fetcher;
using namespace std::chrono_literals;
using verdict = host_limits::verdict;

namespace {

const std::string a = "a.example", b = "b.example";

/// So long after the beginning.
turn_time at(std::chrono::milliseconds time) {
    return turn_time{1h + time};
}

/// One that ended at once.
void ask(host_limits& limits, const std::string& host, const answer& said) {
    limits.over(host, limits.asked(host, said.at), said);
}

} // namespace

TEST_CASE("the host of a URL is its name, in one way of writing") {
    CHECK(host_of("http://A.Example/x") == "a.example");
    CHECK(host_of("HTTPS://user:p%40w@a.example:8443/?q#f") == "a.example");
    CHECK(host_of("http://a.example.?x") == "a.example");
    CHECK(host_of("http://[::1]:80/") == "[::1]");
    CHECK(host_of("http://bücher.example/é") == "xn--bcher-kva.example");
    CHECK(host_of("http://a@b@c.example#x") == "c.example");
    CHECK(host_of("no-url").empty());
    CHECK(host_of("http://").empty());
}

TEST_CASE("without limits every host may be asked, and none is known") {
    host_limits limits{{}};
    for (int i = 0; i < 1000; ++i) {
        CHECK(limits.may_ask(a, at(0ms)) == verdict::now);
        CHECK_FALSE(limits.asked(a, at(0ms)));
    }
    CHECK(limits.known_hosts() == 0);
    CHECK_FALSE(limits.look_at_hosts());
}

TEST_CASE("so many requests at a time to one host, and others are free") {
    host_limits limits{{.per_host = 2}};
    CHECK(limits.asked(a, at(0ms)));
    CHECK(limits.may_ask(a, at(0ms)) == verdict::now);
    CHECK(limits.asked(a, at(0ms)));
    CHECK(limits.may_ask(a, at(0ms)) == verdict::later);
    CHECK(limits.may_ask(a, at(1h)) == verdict::later); // no time changes that
    CHECK(limits.may_ask(b, at(0ms)) == verdict::now);
    limits.over(a, true, {.at = at(5ms), .status = 200});
    CHECK(limits.may_ask(a, at(5ms)) == verdict::now);
}

TEST_CASE("a host that has nothing in flight is forgotten") {
    host_limits limits{{.per_host = 2}};
    for (int i = 0; i < 1000; ++i)
        ask(limits, "h" + std::to_string(i), {.at = at(0ms), .status = 200});
    CHECK(limits.known_hosts() == 0);
}

TEST_CASE("with a rate for each host, it is forgotten when its time has passed") {
    host_limits limits{{.per_host_rate = 1}};
    for (int i = 0; i < 1000; ++i)
        ask(limits, "h" + std::to_string(i), {.at = at(i * 100ms), .status = 200});
    CHECK(limits.known_hosts() <= 11); // those of the last second
}

TEST_CASE("the rate of a host spreads its requests, and no other's") {
    host_limits limits{{.per_host_rate = 10}};
    ask(limits, a, {.at = at(0ms), .status = 200});
    CHECK(limits.may_ask(a, at(89ms)) == verdict::later);
    CHECK(limits.may_ask(a, at(100ms)) == verdict::now);
    CHECK(limits.next_of(a) <= at(100ms));
    CHECK(limits.may_ask(b, at(0ms)) == verdict::now);
}

TEST_CASE("in any second there are no more requests than the rate says") {
    for (const double rate : {0.5, 2.0, 50.0, 3000.0}) {
        host_limits limits{{.rate = rate}};
        std::size_t asked = 0;
        for (auto t = 0us; t < 10s; t += 100us) {
            if (turn_time{1h + t} < limits.next_of_all()) continue;
            limits.asked("h", turn_time{1h + t});
            ++asked;
        }
        CHECK(asked <= static_cast<std::size_t>(rate * 10.01) + 1);
        CHECK(asked >= static_cast<std::size_t>(rate * 9.9));
    }
}

TEST_CASE("who asked nothing for long may not catch up with more than a little") {
    host_limits limits{{.rate = 1000}};
    limits.asked(a, at(0ms));
    std::size_t at_once = 0;
    for (; limits.next_of_all() <= at(1h) && at_once < 1'000; ++at_once)
        limits.asked(a, at(1h));
    CHECK(at_once <= 12); // 10 ms of it, and the one that is due
}

TEST_CASE("429 and 503 keep us from that host, and from no other") {
    for (const int status : {429, 503}) {
        host_limits limits{{}};
        ask(limits, a, {.at = at(0ms), .status = status});
        CHECK(limits.may_ask(a, at(99ms)) == verdict::later);
        CHECK(limits.may_ask(b, at(0ms)) == verdict::now);
        CHECK(limits.may_ask(a, at(100ms)) == verdict::now);
        CHECK(limits.next_of(a) == at(100ms));
    }
    for (const int status : {200, 404, 500, 502, 0}) {
        host_limits limits{{}};
        ask(limits, a, {.at = at(0ms), .status = status});
        CHECK(limits.may_ask(a, at(0ms)) == verdict::now);
    }
}

TEST_CASE("the pause doubles with each such answer, and has an end") {
    host_limits limits{{}};
    auto now = 0ms;
    for (const auto pause :
         {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}) {
        ask(limits, a, {.at = at(now), .status = 503});
        CHECK(limits.next_of(a) == at(now + pause));
        now += pause;
    }
    ask(limits, a, {.at = at(now), .status = 200});
    ask(limits, a, {.at = at(now), .status = 503});
    CHECK(limits.next_of(a) == at(now + 100ms)); // from the beginning
}

TEST_CASE("of a hundred that were in flight, one 429 counts") {
    host_limits limits{{.per_host = 100}};
    for (int i = 0; i < 100; ++i)
        limits.asked(a, at(0ms));
    for (int i = 0; i < 100; ++i)
        limits.over(a, true, {.at = at(std::chrono::milliseconds{i / 2}), .status = 429});
    CHECK(limits.next_of(a) == at(100ms));
}

TEST_CASE("after its pause a host is asked once, until it answers otherwise") {
    host_limits limits{{.per_host = 5}};
    ask(limits, a, {.at = at(0ms), .status = 429});
    CHECK(limits.may_ask(a, at(100ms)) == verdict::now);
    limits.asked(a, at(100ms));
    CHECK(limits.may_ask(a, at(150ms)) == verdict::later);
    limits.over(a, true, {.at = at(200ms), .status = 200});
    for (int i = 0; i < 5; ++i) {
        CHECK(limits.may_ask(a, at(200ms)) == verdict::now);
        limits.asked(a, at(200ms));
    }
    CHECK(limits.may_ask(a, at(200ms)) == verdict::later);
}

TEST_CASE("an old answer from before the pause does not end it") {
    host_limits limits{{}};
    ask(limits, a, {.at = at(0ms), .status = 429, .retry_after = 10s});
    limits.over(a, false, {.at = at(1s), .status = 200});
    CHECK(limits.may_ask(a, at(9'999ms)) == verdict::later);
    limits.asked(a, at(10s));
    CHECK(limits.may_ask(a, at(10s)) == verdict::later); // still one at a time
}

TEST_CASE("a host is left alone for as long as it asks") {
    host_limits limits{{}};
    ask(limits, a, {.at = at(0ms), .status = 429, .retry_after = 30s});
    CHECK(limits.may_ask(a, at(29'999ms)) == verdict::later);
    CHECK(limits.may_ask(a, at(30s)) == verdict::now);
    CHECK(limits.may_ask(b, at(0ms)) == verdict::now);
}

TEST_CASE("who asks for nothing gets the pause of its own all the same") {
    host_limits limits{{}};
    ask(limits, a, {.at = at(0ms), .status = 503, .retry_after = 0s});
    CHECK(limits.next_of(a) == at(100ms));
}

TEST_CASE("who asks for too much is not asked again, and keeps nobody waiting") {
    host_limits limits{{}};
    ask(limits, a, {.at = at(0ms), .status = 503, .retry_after = 601s});
    CHECK(limits.may_ask(a, at(0ms)) == verdict::never);
    CHECK(limits.may_ask(a, at(600s)) == verdict::never);
    CHECK(limits.may_ask(a, at(601s)) == verdict::now);
    CHECK(limits.may_ask(b, at(0ms)) == verdict::now);
    ask(limits, b,
        {.at = at(0ms), .status = 429, .retry_after = std::chrono::years{100}});
    CHECK(limits.may_ask(b, at(1000h)) == verdict::never);
}

TEST_CASE("many hosts in trouble do not fill the memory") {
    host_limits limits{{}};
    for (int i = 0; i < 50'000; ++i)
        ask(limits, "h" + std::to_string(i),
            {.at = at(i * 100ms), .status = 503, .retry_after = 1s});
    CHECK(limits.known_hosts() < 1'000); // of the last minute
    host_limits closed{{}};
    for (int i = 0; i < 20'000; ++i)
        ask(closed, "h" + std::to_string(i),
            {.at = at(i * 100ms), .status = 503, .retry_after = std::chrono::years{1}});
    CHECK(closed.known_hosts() < host_limits::most_closed + 1'000);
}

// --- Retry-After

TEST_CASE("Retry-After is a number of seconds, or a date") {
    const std::chrono::sys_seconds now{1'792'000'000s}; // Wed, 14 Oct 2026 17:46:40
    struct row {
        const char* value;
        std::optional<std::chrono::seconds> expected;
    };
    for (const auto& [value, expected] : std::initializer_list<row>{
             {"0", 0s},
             {"120", 120s},
             {"0120", 120s},
             {"Wed, 14 Oct 2026 17:47:40 GMT", 60s},
             {"Wednesday, 14-Oct-26 17:47:40 GMT", 60s},
             {"Wed Oct 14 17:47:40 2026", 60s},
             {"Wed, 14 Oct 2026 17:46:39 GMT", 0s}, // it has passed
             {"Sun, 06 Nov 1994 08:49:37 GMT", 0s},
             {"99999999999999999999", std::chrono::years{100}},
             {"4294967295", std::chrono::years{100}},
             {"Fri, 31 Dec 9999 23:59:59 GMT", std::chrono::years{100}},
             {"-1", {}},
             {"+1", {}},
             {"1.5", {}},
             {"1 ", {}},
             {"", {}},
             {"soon", {}},
             {"Wed, 14 Oct 2026 17:47:40", {}},
             {"Wed, 14 Oct 2026 17:47:40 GMTx", {}}}) {
        INFO(value);
        CHECK(parse_retry_after(value, now) == expected);
    }
}
