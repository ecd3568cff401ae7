// Tells the policy what time it is, what the server said and which number was drawn.

#include "retry_with_backoff.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using ladder::attempt;
using ladder::retry_rules;
using ladder::time_asked_for;
using ladder::wait_before_retry;
using std::chrono::milliseconds;

namespace {

constexpr std::chrono::sys_seconds now{784111777s}; ///< 6 November 1994, 08:49:37
constexpr retry_rules rules{.attempts = 5, .first = 1s, .cap = 6s, .patience = 600s};

std::optional<milliseconds> wait(const attempt& last, double random,
                                 const retry_rules& with = rules) {
    return wait_before_retry(last, with, now, random);
}

/// After a first attempt for which the server had no time, with the number 0 drawn.
std::string told(const std::string& retry_after) {
    const auto w = wait({.number = 1, .status = 503, .retry_after = retry_after}, 0);
    return w ? std::to_string(w->count()) + " ms" : "gives up";
}

/// The time of which the wait after an attempt without an answer is a random part.
milliseconds whole(int number, const retry_rules& with = rules) {
    CHECK(wait({.number = number}, 0, with) == 0ms);
    const auto half = wait({.number = number}, 0.5, with);
    REQUIRE(half.has_value());
    return 2 * *half;
}

} // namespace

TEST_CASE("what may be different later is tried again") {
    for (const int status : {0, 408, 429, 500, 502, 503, 504}) {
        INFO("status " << status);
        CHECK(wait({.number = 1, .status = status}, 0.5).has_value());
    }
}

TEST_CASE("what cannot succeed is not tried again") {
    for (const int status :
         {200, 204, 301, 400, 401, 403, 404, 410, 414, 501, 505, 506, 511, 599, 600}) {
        INFO("status " << status);
        CHECK_FALSE(wait({.number = 1, .status = status}, 0.5).has_value());
        CHECK_FALSE(wait({.number = 1, .status = status, .retry_after = "1"}, 0.5));
    }
}

TEST_CASE("the last attempt is the last") {
    CHECK(wait({.number = 4}, 0.5).has_value());
    CHECK_FALSE(wait({.number = 5}, 0.5).has_value());
    CHECK_FALSE(wait({.number = 5, .status = 503, .retry_after = "1"}, 0.5).has_value());
    CHECK_FALSE(wait({.number = 1}, 0.5, {.attempts = 1}).has_value());
    for (const int status : {408, 429, 500, 502, 503, 504})
        CHECK_FALSE(wait({.number = 5, .status = status}, 0.5).has_value());
}

TEST_CASE("the wait doubles, up to the cap") {
    CHECK(whole(1) == 1s);
    CHECK(whole(2) == 2s);
    CHECK(whole(3) == 4s);
    CHECK(whole(4) == 6s);
    CHECK(whole(1, {.first = 60s, .cap = 30s}) == 30s);
    CHECK(whole(60, {.attempts = 100, .first = 1s, .cap = 2'000h}) == 2'000h);
}

TEST_CASE("after many attempts the wait is still the cap") {
    const retry_rules patient{.attempts = 100'000, .first = 1s, .cap = 60s};
    for (const int number : {31, 32, 33, 34, 63, 64, 65, 66, 100, 1'023, 1'025, 50'000}) {
        INFO("attempt " << number << ". why: no integer can be doubled so often");
        CHECK(whole(number, patient) == 60s);
    }
}

TEST_CASE("clients that failed together do not come back together") {
    for (const std::string told : {"", "30"}) {
        INFO("Retry-After: " << (told.empty() ? "(none)" : told));
        constexpr int clients = 1'000;
        std::vector<int> in_10_ms(100); // of the second in which they come
        for (int i = 0; i < clients; ++i) {
            const attempt a{.number = 1, .status = 503, .retry_after = told};
            const auto w = wait(a, static_cast<double>(i) / clients);
            REQUIRE(w.has_value());
            const milliseconds after = *w - (told.empty() ? 0s : 30s);
            REQUIRE(after >= 0ms); // not before the server wants them
            REQUIRE(after < 1s);   // and not later than need be
            ++in_10_ms[static_cast<std::size_t>(after / 10ms)];
        }
        INFO("why: what one server could not do at once it cannot do at once later");
        CHECK(std::ranges::max(in_10_ms) <= 20);
    }
}

TEST_CASE("nobody comes back before the server wants it") {
    CHECK(told("0") == "0 ms");
    CHECK(told("7") == "7000 ms");
    CHECK(told("120") == "120000 ms");
    CHECK(told("0010") == "10000 ms");
    CHECK(told("600") == "600000 ms");
}

TEST_CASE("whatever the answer is, nobody comes back before the server wants it") {
    for (const int status : {408, 429, 500, 502, 503, 504}) {
        INFO("status " << status);
        CHECK(wait({.number = 1, .status = status, .retry_after = "7"}, 0) == 7s);
        CHECK_FALSE(wait({.number = 1, .status = status, .retry_after = "601"}, 0));
    }
}

TEST_CASE("the wait after the time that the server wants doubles, too") {
    CHECK(wait({.number = 1, .status = 503, .retry_after = "30"}, 0.5) == 30'500ms);
    CHECK(wait({.number = 3, .status = 503, .retry_after = "30"}, 0.5) == 32s);
    CHECK(wait({.number = 4, .status = 503, .retry_after = "30"}, 0.5) == 33s);
}

TEST_CASE("who is told to wait for too long gives up") {
    CHECK(told("601") == "gives up");
    CHECK(told("86400") == "gives up");
    CHECK(told("1000000") == "gives up");
    CHECK(told("4294967296") == "gives up");
    CHECK(told("4294967297") == "gives up");
    INFO("why: in milliseconds this is 384 more than 64 bits can hold");
    CHECK(told("18446744073709552") == "gives up");
}

TEST_CASE("a number that no type can hold is a long time, and not no time") {
    CHECK(told("18446744073709551616") == "gives up");
    CHECK(told("9999999999999999999999999999999999999999") == "gives up");
}

TEST_CASE("what is neither number nor date is as if it were not there") {
    for (const std::string value :
         {"", "-5", "-0", "+5", "1.5", "7s", "7 seconds", "0x10", "soon", "7,8", " ",
          " 7", "7 ", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:49:47",
          "Sun, 06 Nov 1994 08:49:47 CET", "Sun, 06 Nov 1994 08:49:47 GMT, or so",
          "Sun, 66 Nov 1994 08:49:47 GMT", "1994-11-06T08:49:47Z"}) {
        INFO("Retry-After: '" << value << "'");
        CHECK_FALSE(time_asked_for(value, now).has_value());
        CHECK(told(value) == "0 ms");
        CHECK(wait({.number = 3, .status = 503, .retry_after = value}, 0.5) == 2s);
    }
}

TEST_CASE("a date is until when to wait") {
    CHECK(told("Sun, 06 Nov 1994 08:49:47 GMT") == "10000 ms");
    CHECK(told("Sun, 06 Nov 1994 08:59:37 GMT") == "600000 ms");
    CHECK(told("Sun, 06 Nov 1994 08:59:38 GMT") == "gives up");
    CHECK(told("Fri, 31 Dec 9999 23:59:59 GMT") == "gives up");
}

TEST_CASE("a date may have any of its three forms") {
    CHECK(time_asked_for("Sun, 06 Nov 1994 08:49:47 GMT", now) == 10s);
    CHECK(time_asked_for("Sunday, 06-Nov-94 08:49:47 GMT", now) == 10s);
    CHECK(time_asked_for("Sun Nov  6 08:49:47 1994", now) == 10s);
}

TEST_CASE("a date is in GMT, wherever we are") {
    ::setenv("TZ", "AAA-5", 1); // east of Greenwich
    ::tzset();
    CHECK(told("Sun, 06 Nov 1994 08:49:47 GMT") == "10000 ms");
    ::unsetenv("TZ");
    ::tzset();
}

TEST_CASE("a date that has passed is now, and not before") {
    CHECK(told("Sun, 06 Nov 1994 08:49:37 GMT") == "0 ms");
    CHECK(told("Sun, 06 Nov 1994 08:49:27 GMT") == "0 ms");
    CHECK(
        wait({.number = 3, .status = 503, .retry_after = "Thu, 01 Jan 1970 00:00:00 GMT"},
             0.5) == 2s);
}
