// Processes that share nothing but a pipe.

#include "child_process.hpp"
#include "pipe.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <sstream>

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

} // namespace

/// Two processes write lines into one pipe at the same time, first word by word, then a
/// line at a time. A write(2) of up to PIPE_BUF bytes (4,096) is never divided, see
/// pipe(7).
int show_writers() {
    write_at_once("a write for each word", {"{} ", "{} ", "{}\n"});
    write_at_once("a write for each line", {"{0} {0} {0}\n"});
    return 0;
}

} // namespace ladder::processes
