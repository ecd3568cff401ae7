// Checks gather() with jobs that the test ends by hand, in the order that it wants.

#include "by_hand.hpp"
#include "gather.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <exception>
#include <stdexcept>
#include <vector>

using ladder::by_hand;

namespace {

/// So many jobs, and a gather() of them that has begun.
struct gathering : ladder::asked_by_hand<std::vector<int>> {
    explicit gathering(std::size_t count) : asked_by_hand(count, ladder::gather<int>) {}

    std::size_t begun() const {
        std::size_t number = 0;
        for (const by_hand& job : jobs)
            number += job.begun() ? 1 : 0;
        return number;
    }
};

} // namespace

TEST_CASE("all jobs run at the same time") {
    const gathering g{3};
    INFO("why: a job that begins when the one before has ended is a loop, as on rung 01");
    CHECK(g.begun() == 3);
}

TEST_CASE("it returns when the last job has ended, and not before") {
    gathering g{3};
    g.give(2, 3);
    CHECK_FALSE(g.returned);
    g.give(0, 1);
    CHECK_FALSE(g.returned);
    g.give(1, 2);
    CHECK(g.returned);
    CHECK(g.result.size() == 3);
}

TEST_CASE("the results come in the order of the jobs") {
    gathering g{3};
    g.give(2, 30);
    g.give(0, 10);
    g.give(1, 20);
    CHECK(g.result == std::vector{10, 20, 30});
}

TEST_CASE("an empty list gives an empty result, at once") {
    const gathering g{0};
    CHECK(g.returned);
    CHECK(g.result.empty());
}

TEST_CASE("what a job throws is thrown") {
    gathering g{2};
    g.give(0, 1);
    g.fail(1, "connection reset");
    CHECK(g.returned);
    CHECK(g.error == "connection reset");
}

TEST_CASE("when one throws, the others go on to their ends") {
    gathering g{3};
    g.fail(1, "connection reset");
    INFO("why: who returns now leaves two jobs behind, of which nobody knows any more");
    CHECK_FALSE(g.returned);
    CHECK_FALSE(g.jobs[0].cancelled());
    CHECK_FALSE(g.jobs[2].cancelled());
    g.give(0, 1);
    CHECK_FALSE(g.returned);
    g.give(2, 3);
    CHECK(g.returned);
    CHECK(g.error == "connection reset");
}

TEST_CASE("of several errors the first is thrown, first in time") {
    gathering g{3};
    g.fail(1, "the cause");
    g.fail(0, "a consequence");
    g.fail(2, "another one");
    CHECK(g.error == "the cause");
}

TEST_CASE("what a job throws comes out as it was") {
    gathering g{2}, other{2};
    g.fail(1, std::make_exception_ptr(42));
    g.give(0, 1);
    CHECK(g.error == "int 42");
    other.fail(0, std::make_exception_ptr(std::out_of_range{"no such page"}));
    other.give(1, 1);
    CHECK(other.error == "out_of_range no such page");
}

TEST_CASE("two gathers at the same time are two") {
    gathering one{2}, other{2};
    one.give(1, 12);
    other.give(0, 21);
    CHECK_FALSE(one.returned);
    CHECK_FALSE(other.returned);
    one.give(0, 11);
    other.give(1, 22);
    CHECK(one.result == std::vector{11, 12});
    CHECK(other.result == std::vector{21, 22});
}

TEST_CASE("the error of a lone job is thrown, and that of the last of many") {
    for (const std::size_t count : {1U, 300U}) {
        gathering g{count};
        for (std::size_t i = 0; i + 1 < count; ++i)
            g.give(i, 1);
        g.fail(count - 1, "no luck");
        CHECK(g.error == "no luck");
    }
}

TEST_CASE("hundreds of jobs run at the same time, as two do, and one") {
    for (const std::size_t count : {1U, 300U}) {
        gathering g{count};
        CHECK(g.begun() == count);
        for (std::size_t i = 0; i < count; ++i) {
            CHECK_FALSE(g.returned);
            g.give(count - 1 - i, static_cast<int>(count - i));
        }
        REQUIRE(g.result.size() == count);
        CHECK(g.result.front() == 1);
        CHECK(g.result.back() == static_cast<int>(count));
    }
}
