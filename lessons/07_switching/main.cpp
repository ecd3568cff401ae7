// Rung 07: one thread, several flows of control, and a switch between them by hand.

#include "demo.hpp"
#include "generator.hpp"
#include "scheduler.hpp"
#include "stackless_generator.hpp"
#include "stopwatch.hpp"
#include "timeline.hpp"

#include <boost/context/fiber.hpp>
#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>

using namespace ladder;
using namespace ladder::switching;
using namespace std::chrono_literals;
using arguments = std::span<const std::string>;
using ms = std::chrono::duration<double, std::milli>;

static int ping(arguments) {
    // [ping]
    boost::context::fiber other{[](boost::context::fiber&& back) {
        for (int i = 1; i <= 3; ++i) {
            fmt::print("       pong {}\n", i);
            back = std::move(back).resume();
        }
        fmt::print("       the end\n");
        return std::move(back);
    }};
    for (int i = 1; other; ++i) {
        fmt::print("ping {}\n", i);
        other = std::move(other).resume();
    }
    // [/ping]
    fmt::print("nobody is left to switch to\n");
    return 0;
}

// [fibonacci]
static void fibonacci(const generator<long>::yield& yield) {
    for (long a = 0, b = 1;; b = a + std::exchange(a, b))
        yield(a);
}

static stackless_generator<long> stackless_fibonacci() {
    for (long a = 0, b = 1;; b = a + std::exchange(a, b))
        co_yield a;
}

// [/fibonacci]

static int show_generators(arguments) {
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

// [tree]
struct tree {
    int value;
    std::unique_ptr<tree> left, right;
};

static void walk(const tree* node, const generator<int>::yield& yield) {
    if (node == nullptr) return;
    walk(node->left.get(), yield);
    yield(node->value); // however deep we are: the whole stack waits
    walk(node->right.get(), yield);
}

static stackless_generator<int> stackless_walk(const tree* node) {
    if (node == nullptr) co_return;
    auto left = stackless_walk(node->left.get()); // a frame for each node on the way,
    while (const auto value = left.next())        // and each value climbs through all
        co_yield *value;
    co_yield node->value;
    auto right = stackless_walk(node->right.get());
    while (const auto value = right.next())
        co_yield *value;
}

// [/tree]

static std::unique_ptr<tree> numbers_between(int first, int last) {
    if (first > last) return nullptr;
    const int middle = first + (last - first) / 2;
    return std::make_unique<tree>(tree{middle, numbers_between(first, middle - 1),
                                       numbers_between(middle + 1, last)});
}

static int show_trees(arguments) {
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

/// Keeps the core busy.
static void compute(std::chrono::milliseconds time) {
    for (const stopwatch watch; watch.elapsed().wall < time;) {
    }
}

static void print_timeline(const timeline::recording& recording) {
    fmt::print("\n{}", timeline::draw_terminal(recording.intervals()));
}

static int robin(arguments) {
    const timeline::recording recording;
    scheduler tasks;
    // [robin]
    for (const char* name : {"a", "b", "c"})
        tasks.spawn([name, &tasks] {
            const timeline::span alive{timeline::kind::waits, name};
            for (int turn = 1; turn <= 3; ++turn) {
                fmt::print("{}{} ", name, turn);
                {
                    const timeline::span span{timeline::kind::runs, name};
                    compute(10ms);
                }
                tasks.yield();
            }
        });
    tasks.run();
    // [/robin]
    fmt::print("\n");
    print_timeline(recording);
    return 0;
}

static int blocked(arguments) {
    const timeline::recording recording;
    const stopwatch watch;
    scheduler tasks;
    for (const std::string name : {"a", "b", "c"})
        tasks.spawn([name, &tasks, &watch] {
            const timeline::span alive{timeline::kind::waits, name};
            for (int turn = 1; turn <= 3; ++turn) {
                const ms now = watch.elapsed().wall;
                fmt::print("{} {} after {:>5.1f} ms\n", name, turn, now.count());
                {
                    const timeline::span span{timeline::kind::runs, name};
                    if (name == "b" && turn == 2)
                        std::this_thread::sleep_for(100ms);
                    else
                        compute(5ms);
                }
                tasks.yield();
            }
        });
    tasks.run();
    print_timeline(recording);
    return 0;
}

static int exception(arguments) {
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

static int unwind(arguments) {
    struct guard {
        int& count;

        ~guard() { ++count; }
    };

    int destroyed = 0;
    {
        // [unwind]
        generator<int> endless{[&](const auto& yield) {
            const guard outer{destroyed};
            for (int i = 1;; ++i) {
                const guard inner{destroyed};
                yield(i);
            }
        }};
        fmt::print("taken: {}\n", *endless.next());
        // [/unwind]
        fmt::print("destructors that ran before its end: {} of 2\n", destroyed);
    }
    fmt::print("destructors that ran after it:       {} of 2\n", destroyed);
    return 0;
}

int main(int argc, char** argv) {
    return run_demos(
        argc, argv,
        {{"ping", "two flows of control hand over to each other", ping},
         {"generator", "the same numbers, with a stack and without", show_generators},
         {"tree", "a generator that calls itself", show_trees},
         {"robin", "three tasks take turns; the timeline", robin},
         {"blocked", "one of them blocks, and all of them wait", blocked},
         {"exception", "an error crosses a switch", exception},
         {"unwind", "what becomes of a body that never ends", unwind}});
}
