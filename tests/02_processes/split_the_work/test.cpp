// A range in parts: the promise is checked for every small range, and for a very large
// one.

#include "split_the_work.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <vector>

namespace ladder {

std::ostream& operator<<(std::ostream& out, const range& r) { // for failed checks
    return out << '[' << r.first << ", " << r.last << ')';
}

} // namespace ladder

using ladder::range;
using ladder::split;
using ranges = std::vector<range>;

namespace {

std::vector<std::uint64_t> sizes(const ranges& parts) {
    std::vector<std::uint64_t> result;
    for (const range& part : parts)
        result.push_back(part.last - part.first);
    return result;
}

/// Calls `check` for each split of up to 20 numbers, from 0 or 1000 on, into up to 25
/// parts.
template <class Check>
void for_every_small_range(const Check& check) {
    for (const std::uint64_t first : {0, 1000})
        for (std::uint64_t size = 0; size <= 20; ++size)
            for (std::size_t parts = 1; parts <= 25; ++parts) {
                INFO(size << " numbers from " << first << " on, in " << parts
                          << " parts");
                check(range{first, first + size}, parts);
            }
}

} // namespace

TEST_CASE("one part is the whole") {
    CHECK(split({0, 10}, 1) == ranges{{0, 10}});
    CHECK(split({1000, 1010}, 1) == ranges{{1000, 1010}});
}

TEST_CASE("there are as many parts as asked for") {
    CHECK(split({0, 10}, 2).size() == 2);
    CHECK(split({0, 10}, 3).size() == 3);
    CHECK(split({0, 9}, 6).size() == 6);
    CHECK(split({0, 10}, 10).size() == 10);
    CHECK(split({0, 100'000}, 100'000).size() == 100'000);
}

TEST_CASE("what divides evenly is divided evenly") {
    CHECK(split({0, 8}, 4) == ranges{{0, 2}, {2, 4}, {4, 6}, {6, 8}});
}

TEST_CASE("the first part begins where the range begins") {
    CHECK(split({1000, 1008}, 2) == ranges{{1000, 1004}, {1004, 1008}});
    for_every_small_range([](range whole, std::size_t count) {
        const ranges parts = split(whole, count);
        if (!parts.empty()) CHECK(parts.front().first == whole.first);
    });
}

TEST_CASE("each part begins where the one before it ends") {
    for_every_small_range([](range whole, std::size_t count) {
        const ranges parts = split(whole, count);
        for (std::size_t i = 1; i < parts.size(); ++i)
            REQUIRE(parts[i].first == parts[i - 1].last);
    });
}

TEST_CASE("the last part ends where the range ends") {
    for_every_small_range([](range whole, std::size_t count) {
        const ranges parts = split(whole, count);
        if (!parts.empty()) REQUIRE(parts.back().last == whole.last);
    });
}

TEST_CASE("no part is empty: fewer numbers are fewer parts") {
    for_every_small_range([](range whole, std::size_t count) {
        const ranges parts = split(whole, count);
        REQUIRE(parts.size() == std::min<std::size_t>(count, whole.last - whole.first));
        for (const range& part : parts)
            REQUIRE(part.first < part.last);
    });
}

TEST_CASE("no part is larger than another by more than one") {
    using numbers = std::vector<std::uint64_t>;
    CHECK(sizes(split({0, 10}, 4)) == numbers{3, 3, 2, 2});
    CHECK(sizes(split({1, 8}, 5)) == numbers{2, 2, 1, 1, 1});
    for_every_small_range([](range whole, std::size_t count) {
        const auto all = sizes(split(whole, count));
        if (all.empty()) return;
        const auto [least, most] = std::ranges::minmax(all);
        REQUIRE(most - least <= 1);
        REQUIRE(std::ranges::is_sorted(all, std::greater{}));
    });
}

TEST_CASE("no numbers, no parts") {
    CHECK(split({0, 0}, 4).empty());
    CHECK(split({1000, 1000}, 1).empty());
}

TEST_CASE("a very long range is no exception") {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    const ranges parts = split({0, most}, 4);
    REQUIRE(parts.size() == 4);
    CHECK(parts.front().first == 0);
    CHECK(parts[1].first == parts[0].last);
    CHECK(parts[2].first == parts[1].last);
    CHECK(parts[3].first == parts[2].last);
    CHECK(parts.back().last == most);
    CHECK(sizes(parts).front() - sizes(parts).back() <= 1);
}

TEST_CASE("a few numbers in very many parts take no more memory than a few parts") {
    const ranges parts = split({5, 8}, std::numeric_limits<std::size_t>::max());
    CHECK(parts == ranges{{5, 6}, {6, 7}, {7, 8}});
}

TEST_CASE("a very long range that does not begin at 0 is no exception") {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    const ranges parts = split({most - 10, most}, 3);
    CHECK(parts == ranges{{most - 10, most - 6}, {most - 6, most - 3}, {most - 3, most}});
    CHECK(split({1, most}, 1'000).size() == 1'000);
}
