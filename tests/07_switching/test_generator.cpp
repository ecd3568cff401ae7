// Both generators do the same: lazily, with errors, and without leaving anything behind.

#include "switching/generator.hpp"
#include "switching/stackless_generator.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using Catch::Matchers::Message;
using ladder::switching::generator;
using ladder::switching::stackless_generator;

namespace {

struct note {
    std::vector<std::string>* list;
    const char* text;

    ~note() { list->push_back(text); }
};

void count_on_a_stack(const generator<int>::yield& yield,
                      std::vector<std::string>& events) {
    const note end{&events, "end"};
    events.push_back("begin");
    yield(1);
    events.push_back("between");
    yield(2);
}

stackless_generator<int> count_in_a_frame(std::vector<std::string>* events) {
    const note end{events, "end"};
    events->push_back("begin");
    co_yield 1;
    events->push_back("between");
    co_yield 2;
}

struct with_a_stack {
    std::vector<std::string> events;
    std::optional<generator<int>> numbers;

    with_a_stack() {
        numbers.emplace([this](const auto& yield) { count_on_a_stack(yield, events); });
    }
};

struct with_a_frame {
    std::vector<std::string> events;
    std::optional<stackless_generator<int>> numbers{count_in_a_frame(&events)};
};

using words = std::vector<std::string>;

} // namespace

TEMPLATE_TEST_CASE("a generator runs as far as it is asked to", "", with_a_stack,
                   with_a_frame) {
    TestType given;
    CHECK(given.events == words{});
    CHECK(given.numbers->next() == 1);
    CHECK(given.events == words{"begin"});
    CHECK(given.numbers->next() == 2);
    CHECK(given.events == words{"begin", "between"});
    CHECK(given.numbers->next() == std::nullopt);
    CHECK(given.events == words{"begin", "between", "end"});
    CHECK(given.numbers->next() == std::nullopt);
}

TEMPLATE_TEST_CASE("a generator that is thrown away runs its destructors", "",
                   with_a_stack, with_a_frame) {
    TestType given;
    given.numbers->next();
    given.numbers.reset();
    CHECK(given.events == words{"begin", "end"});
}

TEMPLATE_TEST_CASE("a generator that never began has nothing to destroy", "",
                   with_a_stack, with_a_frame) {
    TestType given;
    given.numbers.reset();
    CHECK(given.events == words{});
}

TEST_CASE("what a body throws reaches the caller of next(), once") {
    generator<int> stackful{[](const auto& yield) {
        yield(1);
        throw std::runtime_error{"no luck"};
    }};
    auto stackless = []() -> stackless_generator<int> {
        co_yield 1;
        throw std::runtime_error{"no luck"};
    }();
    const auto check = [](auto& numbers) {
        CHECK(numbers.next() == 1);
        CHECK_THROWS_MATCHES(numbers.next(), std::runtime_error, Message("no luck"));
        CHECK(numbers.next() == std::nullopt);
    };
    check(stackful);
    check(stackless);
}

TEST_CASE("a value may be one that cannot be copied") {
    generator<std::unique_ptr<int>> numbers{
        [](const auto& yield) { yield(std::make_unique<int>(42)); }};
    CHECK(*numbers.next().value() == 42);
    CHECK_FALSE(numbers.next().has_value());
}

TEST_CASE("a generator may use another one") {
    generator<int> squares{[](const auto& yield) {
        generator<int> numbers{[](const auto& give) {
            for (int i = 1;; ++i)
                give(i);
        }};
        while (const auto number = numbers.next())
            yield(*number * *number);
    }};
    CHECK(squares.next() == 1);
    CHECK(squares.next() == 4);
    CHECK(squares.next() == 9);
}
