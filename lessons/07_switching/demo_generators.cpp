// What generators can do, with a stack of their own and without.

#include "generator.hpp"
#include "stackless_generator.hpp"

#include <fmt/format.h>

#include <memory>
#include <stdexcept>
#include <utility>

namespace ladder::switching {

namespace {

void fibonacci(const generator<long>::yield& yield) {
    for (long a = 0, b = 1;; a = std::exchange(b, a + b))
        yield(a);
}

stackless_generator<long> stackless_fibonacci() {
    for (long a = 0, b = 1;; a = std::exchange(b, a + b))
        co_yield a;
}

} // namespace

int show_generators() {
    const auto ten = [](const char* what, auto& numbers) {
        fmt::print("{}", what);
        for (int i = 0; i < 10; ++i)
            fmt::print(" {}", *numbers.next());
        fmt::print("\n");
    };
    generator<long> numbers{fibonacci};
    auto others = stackless_fibonacci();
    ten("a stack of its own: ", numbers);
    ten("a frame on the heap:", others);
    fmt::print("the next of each:    {} {}\n", *numbers.next(), *others.next());
    return 0;
}

namespace {

struct tree {
    int value;
    std::unique_ptr<tree> left, right;
};

void walk(const tree* node, const generator<int>::yield& yield) {
    if (node == nullptr) return;
    // [walk]
    walk(node->left.get(), yield);
    yield(node->value); // however deep we are: the whole stack waits
    walk(node->right.get(), yield);
    // [/walk]
}

stackless_generator<int> stackless_walk(const tree* node) {
    if (node == nullptr) co_return;
    // [stackless_walk]
    auto left = stackless_walk(node->left.get()); // a frame for each node on the way,
    while (const auto value = left.next())        // and each value climbs through all
        co_yield *value;
    co_yield node->value;
    // [/stackless_walk]
    auto right = stackless_walk(node->right.get());
    while (const auto value = right.next())
        co_yield *value;
}

std::unique_ptr<tree> numbers_between(int first, int last) {
    if (first > last) return nullptr;
    const int middle = first + (last - first) / 2;
    return std::make_unique<tree>(tree{middle, numbers_between(first, middle - 1),
                                       numbers_between(middle + 1, last)});
}

} // namespace

int show_trees() {
    const auto root = numbers_between(1, 15);
    generator<int> values{[&](const auto& yield) { walk(root.get(), yield); }};
    auto others = stackless_walk(root.get());
    bool same = true;
    while (const auto value = values.next()) {
        same = same && others.next() == value;
        fmt::print("{} ", *value);
    }
    same = same && !others.next();
    fmt::print("\nthe same without a stack: {}\n", same ? "yes" : "no");
    return 0;
}

int show_exception() {
    generator<int> numbers{[](const auto& yield) {
        yield(1);
        yield(2);
        throw std::runtime_error{"no third one"};
    }};
    try {
        while (const auto number = numbers.next())
            fmt::print("{}\n", *number);
    } catch (const std::runtime_error& error) {
        fmt::print("thrown on its stack, caught on ours: {}\n", error.what());
    }
    fmt::print("and then it is at its end: {}\n", numbers.next() ? "no" : "yes");
    return 0;
}

int show_unwinding() {
    struct guard {
        int& count;

        ~guard() { ++count; }
    };

    int destroyed = 0;
    {
        generator<int> endless{[&](const auto& yield) {
            const guard outer{destroyed};
            for (int i = 1;; ++i) {
                const guard inner{destroyed};
                yield(i);
            }
        }};
        fmt::print("taken: {}\n", *endless.next());
        fmt::print("destructors that ran before its end: {} of 2\n", destroyed);
    }
    fmt::print("destructors that ran after it:       {} of 2\n", destroyed);
    return 0;
}

} // namespace ladder::switching
