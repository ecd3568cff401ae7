// Processes that share nothing but a pipe.

#include "child_process.hpp"
#include "pipe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <set>
#include <sstream>
#include <thread>

using namespace std::chrono_literals;

namespace ladder::processes {

int show_isolation() {
    int number = 0;
    const auto show = [&](const char* who) {
        fmt::print("{}: {}, at address {}\n", who, number,
                   reinterpret_cast<std::uintptr_t>(&number));
    };
    const auto count = [&] {
        for (int i = 0; i < 1'000'000; ++i)
            ++number;
        show("a child");
        return 0;
    };
    child_process one = child_process::fork(count);
    child_process two = child_process::fork(count);
    one.wait();
    two.wait();
    show("the parent");
    return 0;
}

namespace {

/// Two processes write lines into one pipe; tells how many come out as they went in.
void write_at_once(const char* how, const std::vector<std::string>& pieces) {
    constexpr int lines = 20'000;
    pipe_ends pipe = make_pipe();
    const auto writer = [&](const std::string& word) {
        const auto write_lines = [&] {
            for (int i = 0; i < lines; ++i)
                for (const std::string& piece : pieces)
                    write_all(pipe.write.get(), fmt::format(fmt::runtime(piece), word));
            return 0;
        };
        return child_process::fork(write_lines, {.die_with_parent = true});
    };
    child_process one = writer("one"), two = writer("two");
    pipe.write.reset();
    std::istringstream all{read_all(pipe.read.get())};
    int whole = 0;
    std::string torn;
    for (std::string line; std::getline(all, line);) {
        const bool good = line == "one one one" || line == "two two two";
        whole += good ? 1 : 0;
        if (!good && torn.empty()) torn = line;
    }
    fmt::print("{}: {} of {} lines are whole{}\n", how, whole, 2 * lines,
               torn.empty() ? "" : fmt::format("\n  the first other one: \"{}\"", torn));
}

// [turns]
std::string take_turns() {
    pipe_ends pipe = make_pipe();
    const auto print = [&](const char* name) {
        for (int i = 0; i < 3; ++i) {
            write_all(pipe.write.get(), fmt::format("{} {}   ", name, i));
            std::this_thread::sleep_for(1ms);
        }
        return 0;
    };
    auto one = child_process::fork([&] { return print("test1"); });
    auto two = child_process::fork([&] { return print("test2"); });
    pipe.write.reset();
    return read_all(pipe.read.get());
}

// [/turns]

} // namespace

/// Two processes take turns: each prints a line, sleeps a moment, and does it again.
int show_turns() {
    constexpr int runs = 50;
    const std::string first = take_turns();
    std::set<std::string> orders{first};
    for (int i = 1; i < runs; ++i)
        orders.insert(take_turns());
    fmt::print("{}\n", first);
    if (orders.size() > 1)
        fmt::print("{}\n", *std::ranges::find_if(orders, [&](const std::string& order) {
                       return order != first;
                   }));
    fmt::print("{} runs, {} different orders\n", runs, orders.size());
    return 0;
}

/// Two processes write lines into one pipe at the same time, first word by word, then a
/// line at a time. A write(2) of up to PIPE_BUF bytes (4,096) is never divided, see
/// pipe(7).
int show_writers() {
    write_at_once("a write for each word", {"{} ", "{} ", "{}\n"});
    write_at_once("a write for each line", {"{0} {0} {0}\n"});
    return 0;
}

} // namespace ladder::processes
