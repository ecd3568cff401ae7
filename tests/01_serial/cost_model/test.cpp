// The cost model: arithmetic, so every number here is exact.

#include "cost_model.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

using namespace std::chrono_literals;
using ladder::in_flight_needed;
using ladder::machine;
using ladder::total_time;
using ladder::workload;

namespace {

constexpr workload two_million{.pages = 2'000'000, .wait = 2s};

double in_days(std::chrono::milliseconds time) {
    return std::chrono::duration<double, std::ratio<86'400>>{time}.count();
}

} // namespace

TEST_CASE("two million pages of two seconds take 46.3 days") {
    const auto time = total_time(two_million, {.in_flight = 1});
    CHECK(time == 4'000'000s);
    CHECK(in_days(time) > 46.29);
    CHECK(in_days(time) < 46.30);
}

TEST_CASE("ten at a time take a tenth") {
    CHECK(total_time(two_million, {.in_flight = 10}) == 400'000s);
    CHECK(total_time(two_million, {.in_flight = 1'000}) == 4'000s);
}

TEST_CASE("one page takes its wait and its computation") {
    CHECK(total_time({.pages = 1, .wait = 2s, .cpu = 30ms}, {}) == 2'030ms);
}

TEST_CASE("an incomplete last round takes as long as a full one") {
    CHECK(total_time({.pages = 10, .wait = 1s}, {.in_flight = 10}) == 1s);
    CHECK(total_time({.pages = 11, .wait = 1s}, {.in_flight = 10}) == 2s);
    CHECK(total_time({.pages = 20, .wait = 1s}, {.in_flight = 10}) == 2s);
    CHECK(total_time({.pages = 21, .wait = 1s}, {.in_flight = 10}) == 3s);
}

TEST_CASE("more places than pages are no use") {
    CHECK(total_time({.pages = 3, .wait = 1s}, {.in_flight = 3}) == 1s);
    CHECK(total_time({.pages = 3, .wait = 1s}, {.in_flight = 1'000}) == 1s);
}

TEST_CASE("waiting overlaps, computing does not") {
    constexpr workload half_and_half{.pages = 1'000, .wait = 50ms, .cpu = 50ms};
    CHECK(total_time(half_and_half, {.in_flight = 1}) == 100s);
    CHECK(total_time(half_and_half, {.in_flight = 2}) == 50s);
    CHECK(total_time(half_and_half, {.in_flight = 1'000}) == 50s);
}

TEST_CASE("more cores do not make waiting shorter") {
    CHECK(total_time({.pages = 100, .wait = 1s}, {.in_flight = 1, .cores = 8}) == 100s);
    CHECK(total_time({.pages = 100, .wait = 1s, .cpu = 1ms},
                     {.in_flight = 10, .cores = 8}) == 10'010ms);
}

TEST_CASE("more cores compute more pages, but never part of one") {
    constexpr workload heavy{.pages = 9, .wait = 1ms, .cpu = 1s};
    CHECK(total_time(heavy, {.in_flight = 1'000, .cores = 1}) == 9s);
    CHECK(total_time(heavy, {.in_flight = 1'000, .cores = 4}) == 3s);
}

TEST_CASE("no pages take no time") {
    CHECK(total_time({.pages = 0, .wait = 1s, .cpu = 1s}, {}) == 0s);
    CHECK(in_flight_needed({.pages = 0, .wait = 1s}, 1, 1s) == 1);
    CHECK(in_flight_needed({.pages = 0, .wait = 1s}, 1, 0s) == 1);
}

TEST_CASE("no more in flight than the deadline needs") {
    CHECK(in_flight_needed(two_million, 1, 400'000s) == 10);
    CHECK(in_flight_needed(two_million, 1, 24h) == 47);
    CHECK(in_flight_needed({.pages = 3, .wait = 1s}, 1, 1h) == 1);
    CHECK(in_flight_needed({.pages = 3, .wait = 1s}, 8, 1h) == 1);
}

TEST_CASE("no less in flight than the deadline needs") {
    constexpr workload work{.pages = 100, .wait = 3s, .cpu = 1ms};
    for (const auto deadline : {4s, 7s, 10s, 31s, 100s, 299s, 301s, 1'000s}) {
        INFO("deadline of " << deadline.count() << " s");
        const auto needed = in_flight_needed(work, 1, deadline);
        REQUIRE(needed.has_value());
        REQUIRE(*needed >= 1);
        CHECK(total_time(work, {.in_flight = *needed}) <= deadline);
        if (*needed > 1) CHECK(total_time(work, {.in_flight = *needed - 1}) > deadline);
    }
}

TEST_CASE("no number helps when the cores are the limit") {
    constexpr workload heavy{.pages = 1'000, .wait = 10ms, .cpu = 100ms};
    CHECK(in_flight_needed(heavy, 1, 99s) == std::nullopt);
    CHECK(in_flight_needed(heavy, 2, 49s) == std::nullopt);
    CHECK(in_flight_needed(heavy, 2, 50s).has_value());
    INFO("why: 9 pages are three rounds for 4 cores, and no part of one");
    CHECK(in_flight_needed({.pages = 9, .wait = 1ms, .cpu = 1s}, 4, 2'500ms) ==
          std::nullopt);
}

TEST_CASE("no number helps when one page alone takes too long") {
    CHECK(in_flight_needed({.pages = 5, .wait = 2s}, 1, 1'999ms) == std::nullopt);
    CHECK(in_flight_needed({.pages = 5, .wait = 2s}, 1, 2s) == 5);
}

TEST_CASE("computing counts in the deadline, too") {
    constexpr workload work{.pages = 10, .wait = 1s, .cpu = 1ms};
    CHECK(in_flight_needed(work, 1, 1s) == std::nullopt);
    CHECK(in_flight_needed(work, 1, 10s) == 2);
    CHECK(in_flight_needed(work, 1, 10'010ms) == 1);
    constexpr workload half_and_half{.pages = 10, .wait = 1s, .cpu = 1s};
    CHECK(in_flight_needed(half_and_half, 10, 4s) == 5);
}

TEST_CASE("the number that is needed may be large") {
    CHECK(in_flight_needed(two_million, 1, 4s) == 1'000'000);
    CHECK(in_flight_needed(two_million, 1, 2s) == 2'000'000);
    constexpr workload everything{.pages = 9'000'000'000'000'000, .wait = 1ms};
    CHECK(in_flight_needed(everything, 1, 1ms) == 9'000'000'000'000'000);
    CHECK(total_time(everything, {.in_flight = 9}) == 1'000'000'000'000s);
}
