// A generator with a stack of its own: one value at a time, errors, and the end.

#include "../in_a_process.hpp"
#include "generator.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using ladder::generator;
using ladder::in_a_process;

namespace {

using yield = generator<int>::yield;

void one_two_three(const yield& give) {
    give(1);
    give(2);
    give(3);
}

struct guard {
    int& count;

    ~guard() { ++count; }
};

void hanoi(int discs, const yield& give) {
    if (discs == 0) return;
    hanoi(discs - 1, give);
    give(discs);
    hanoi(discs - 1, give);
}

void deep(int levels, const yield& give) {
    std::array<volatile char, 100> on_the_stack{};
    on_the_stack[0] = 1;
    if (levels > 0)
        deep(levels - 1, give);
    else
        give(on_the_stack[0]);
}

} // namespace

TEST_CASE("the body gives one value away at a time") {
    generator<int> numbers{one_two_three};
    std::vector<int> seen;
    for (int i = 0; i < 3 && numbers.next(); ++i)
        seen.push_back(numbers.value());
    CHECK(seen == std::vector<int>{1, 2, 3});
}

TEST_CASE("the body does not begin before the first next()") {
    bool began = false;
    generator<int> numbers{[&](const yield& give) {
        began = true;
        give(1);
    }};
    CHECK_FALSE(began);
}

TEST_CASE("the body goes no further than it is asked to") {
    int computed = 0;
    generator<int> numbers{[&](const yield& give) {
        while (computed < 1'000'000)
            give(++computed);
    }};
    numbers.next();
    numbers.next();
    CHECK(numbers.value() == 2);
    CHECK(computed == 2);
}

TEST_CASE("next() is false at the end, and stays so") {
    int values = 0;
    const auto ends = in_a_process([&] {
        generator<int> numbers{one_two_three};
        while (values < 5 && numbers.next())
            ++values;
        return values == 3 && !numbers.next() && !numbers.next();
    });
    INFO("why: three values were given away; then next() was false three times");
    CHECK(ends == "yes");
}

TEST_CASE("a body that gives nothing away is at its end at once") {
    const auto ends = in_a_process([] {
        generator<int> nothing{[](const yield&) {}};
        return !nothing.next() && !nothing.next();
    });
    CHECK(ends == "yes");
}

TEST_CASE("values come from the depth of a recursion") {
    generator<int> moves{[](const yield& give) { hanoi(3, give); }};
    std::vector<int> seen;
    for (int i = 0; i < 8 && moves.next(); ++i)
        seen.push_back(moves.value());
    CHECK(seen == std::vector<int>{1, 2, 1, 3, 1, 2, 1});
}

TEST_CASE("a recursion may be two hundred calls deep") {
    const auto arrived = in_a_process([] {
        generator<int> numbers{[](const yield& give) { deep(200, give); }};
        return numbers.next() && numbers.value() == 1;
    });
    INFO("why: a stack that is too small ends in memory that nobody has");
    CHECK(arrived == "yes");
}

TEST_CASE("two generators take turns") {
    generator<int> one{one_two_three}, two{one_two_three};
    std::vector<int> seen;
    for (int i = 0; i < 3; ++i)
        for (generator<int>* each : {&one, &two})
            if (each->next()) seen.push_back(each->value());
    CHECK(seen == std::vector<int>{1, 1, 2, 2, 3, 3});
}

TEST_CASE("the body of one may ask another one") {
    const auto doubled = in_a_process([] {
        generator<int> numbers{[](const yield& give) {
            generator<int> inner{one_two_three};
            while (inner.next())
                give(2 * inner.value());
        }};
        std::vector<int> seen;
        while (seen.size() < 5 && numbers.next())
            seen.push_back(numbers.value());
        return seen == std::vector<int>{2, 4, 6};
    });
    INFO("why: each has a caller of its own to go back to");
    CHECK(doubled == "yes");
}

TEST_CASE("what the body throws reaches the caller of next()") {
    const auto reached = in_a_process([] {
        generator<int> numbers{[](const yield& give) {
            give(1);
            throw std::runtime_error{"no luck"};
        }};
        if (!numbers.next()) return false;
        try {
            numbers.next();
        } catch (const std::runtime_error& error) {
            return std::string{error.what()} == "no luck";
        }
        return false;
    });
    INFO("why: above the body, on its stack, is nobody who could catch it");
    CHECK(reached == "yes");
}

TEST_CASE("so does what is no std::exception") {
    const auto reached = in_a_process([] {
        generator<int> numbers{[](const yield&) { throw 42; }};
        try {
            numbers.next();
        } catch (int number) {
            return number == 42;
        }
        return false;
    });
    CHECK(reached == "yes");
}

TEST_CASE("after an exception it is at its end") {
    const auto ended = in_a_process([] {
        generator<int> numbers{[](const yield&) { throw std::runtime_error{"no luck"}; }};
        try {
            numbers.next();
            return false;
        } catch (const std::runtime_error&) {
        }
        return !numbers.next() && !numbers.next();
    });
    CHECK(ended == "yes");
}

TEST_CASE("one that is thrown away in the middle unwinds its body") {
    const auto unwound = in_a_process([] {
        int destroyed = 0;
        {
            generator<int> numbers{[&](const yield& give) {
                const guard outer{destroyed};
                for (int i = 0; i < 1'000'000; ++i) {
                    const guard inner{destroyed};
                    give(i);
                }
            }};
            numbers.next();
        }
        return destroyed == 2;
    });
    INFO("why: a stack is given back by an exception that must not be stopped");
    CHECK(unwound == "yes");
}

TEST_CASE("values may be such that can only be moved, and need a value to be made") {
    struct page {
        explicit page(int n) : number(std::make_unique<int>(n)) {}

        std::unique_ptr<int> number;
    };

    generator<page> pages{[](const typename generator<page>::yield& give) {
        for (int n = 1; n <= 300; ++n)
            give(page{n});
    }};
    int sum = 0;
    while (sum < 1'000'000 && pages.next())
        sum += *pages.value().number;
    CHECK(sum == 300 * 301 / 2);
}

TEST_CASE("one that was never asked is thrown away without having begun") {
    const auto quiet = in_a_process([] {
        bool began = false;
        {
            generator<int> numbers{[&](const yield&) { began = true; }};
        }
        return !began;
    });
    CHECK(quiet == "yes");
}

TEST_CASE("an error of one is none of the other, and a type stays that type") {
    const auto kept = in_a_process([] {
        generator<int> bad{[](const yield&) { throw std::out_of_range{"no such page"}; }};
        generator<int> good{one_two_three};
        if (!good.next()) return false;
        try {
            bad.next();
            return false;
        } catch (const std::out_of_range& error) {
            if (std::string{error.what()} != "no such page") return false;
        }
        return good.next() && good.value() == 2;
    });
    CHECK(kept == "yes");
}

TEST_CASE("values of one stay when another one gives its own") {
    generator<int> one{one_two_three}, two{one_two_three};
    CHECK(one.next());
    CHECK(one.next());
    CHECK(two.next());
    CHECK(one.value() == 2);
    CHECK(two.value() == 1);
}
