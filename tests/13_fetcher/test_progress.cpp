// In one thread: ThreadSanitizer has nothing to say here.

#include "fetcher/progress.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <string>

using namespace ladder::fetcher;
using namespace std::chrono_literals;

TEST_CASE("the bar tells how far, how fast, what failed and how long still") {
    const std::string line = progress_line({.total = 200,
                                            .done = 100,
                                            .failed = 3,
                                            .in_flight = 64,
                                            .bytes = 5,
                                            .elapsed = 10s},
                                           79);
    CHECK(line == "[##########          ]  50%  100/200  10/s  3 failed  64 in flight  "
                  "0:10 left");
}

TEST_CASE("a list without a known end has no bar") {
    const std::string line = progress_line({.total = {}, .done = 100, .elapsed = 1s}, 79);
    CHECK(line == "100 done  100/s  0 in flight");
}

TEST_CASE("the bar keeps to its width, whatever the numbers") {
    for (const std::uint64_t n : {0ull, 1ull, 200'000ull, 2'000'000'000ull})
        for (const std::size_t width : {0u, 1u, 10u, 79u}) {
            const auto line = progress_line({.total = n,
                                             .done = n / 3,
                                             .failed = n / 7,
                                             .in_flight = n,
                                             .bytes = n,
                                             .elapsed = 100h},
                                            width);
            CHECK(line.size() <= width);
            CHECK(line.find_first_of("\r\n\033") == std::string::npos);
        }
    CHECK(progress_line({.total = 0}, 79).starts_with("[####################] 100%"));
    CHECK(progress_line({.total = 1, .done = 5}, 79)
              .starts_with("[####################] 100%"));
}

TEST_CASE("the summary adds up") {
    run_totals totals{.taken = 12, .done = 10, .failed = 2, .bytes = 1'234'567};
    CHECK(summary_line(totals, 2s) == "10 of 12 pages in 2.00 s (5/s), 1.2 MB, 2 failed");
    totals.workers_lost = 1;
    CHECK(summary_line(totals, 2s).ends_with(", 1 worker lost and replaced"));
    totals.workers_lost = 2;
    CHECK(summary_line(totals, 2s).ends_with(", 2 workers lost and replaced"));
}
