// Two processes count in the same memory.

#include "processes/child_process.hpp"
#include "shared_memory.hpp"
#include "workbench/interleave.hpp"

#include <fmt/format.h>

#include <atomic>
#include <string_view>

namespace ladder::ipc_queues {

using processes::child_process;

using counter = std::atomic<long>;

namespace {

/// Two processes call `add` so many times each; says how many counts are missing.
void count(std::string_view how, counter& sum, void (*add)(counter&)) {
    constexpr int times = 2'000'000;
    const auto work = [&] {
        for (int i = 0; i < times; ++i)
            add(sum);
        return 0;
    };
    auto a = child_process::fork(work), b = child_process::fork(work);
    a.wait(), b.wait();
    fmt::print("{:<38} {:>7} of {}\n", how, sum.load(), 2 * times);
}

} // namespace

int show_atomics() {
    const auto in_one_step = [](counter& sum) { sum.fetch_add(1); };
    const auto in_two_steps = [](counter& sum) {
        const long seen = sum.load();
        point("after read");
        sum.store(seen + 1); // what the other process wrote since then is lost
        point("after write");
    };
    counter copied{0};
    count("memory of the process, copied by fork", copied, in_one_step);
    const shared<counter> two{0}, one{0};
    count("shared memory, read and then write", *two, in_two_steps);
    count("shared memory, fetch_add", *one, in_one_step);

    constexpr int rounds = 10;
    int lost = 0;
    for (int i = 0; i < rounds; ++i) {
        const shared<counter> sum{0};
        const interleave::script order{{"A: after read", "B: after write"}};
        const auto as = [&](const char* name) {
            return child_process::fork([&, name] {
                const interleave::actor me{name};
                in_two_steps(*sum);
                return 0;
            });
        };
        auto a = as("A"), b = as("B");
        a.wait(), b.wait();
        lost += sum->load() == 1 ? 1 : 0;
    }
    fmt::print("\nby a script, one count each: one is lost in {} of {} rounds\n", lost,
               rounds);
    return 0;
}

} // namespace ladder::ipc_queues
