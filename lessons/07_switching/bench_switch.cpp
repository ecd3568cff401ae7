// What it costs to let somebody else go on, six ways, all on one core: a hand-over to a
// core that sleeps would measure how long that core takes to wake up.

#include "processes/child_process.hpp"
#include "stackless_generator.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/option_parser.hpp"

#include <boost/context/fiber.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <semaphore.h>
#include <sys/mman.h>

using namespace ladder::switching;
using ladder::processes::child_process;

namespace {

constexpr std::size_t quick = 2'000'000; // operations in a round
constexpr std::size_t slow = 50'000;
constexpr std::size_t rounds = 5;

/// Nanoseconds for each of `count` operations, of which one call of `work` does all; the
/// median of some rounds.
double nanoseconds_each(std::size_t count, const std::function<void(std::size_t)>& work) {
    using clock = std::chrono::steady_clock;
    std::array<double, rounds> results{};
    for (double& result : results) {
        const auto start = clock::now();
        work(count);
        const std::chrono::duration<double, std::nano> time = clock::now() - start;
        result = time.count() / static_cast<double>(count);
    }
    std::nth_element(results.begin(), results.begin() + rounds / 2, results.end());
    return results[rounds / 2];
}

[[gnu::noinline]] int next_number(int number) {
    asm volatile("" ::: "memory"); // do not compute it beforehand
    return number + 1;
}

void call(std::size_t count) {
    int number = 0;
    for (std::size_t i = 0; i < count; ++i)
        number = next_number(number);
}

stackless_generator<int> numbers() {
    for (int i = 0;; ++i)
        co_yield i;
}

void resume(std::size_t count) { // a resume goes there and back, as a call does
    auto all = numbers();
    for (std::size_t i = 0; i < count; ++i)
        all.next();
}

void switch_context(std::size_t count) {
    boost::context::fiber other{[](boost::context::fiber&& back) {
        for (;;)
            back = std::move(back).resume();
        return std::move(back);
    }};
    for (std::size_t i = 0; i < count / 2; ++i) // two switches: there, and back
        other = std::move(other).resume();
}

void yield_fibers(std::size_t count) {
    const auto work = [count] {
        for (std::size_t i = 0; i < count / 2; ++i)
            boost::this_fiber::yield();
    };
    boost::fibers::fiber one{work}, two{work};
    one.join();
    two.join();
}

/// Two semaphores in memory that a forked process shares.
struct turns {
    sem_t mine;
    sem_t theirs;

    static turns* make() {
        void* const memory = ::mmap(nullptr, sizeof(turns), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            throw std::system_error{errno, std::generic_category(), "mmap"};
        auto* const result = new (memory) turns;
        ::sem_init(&result->mine, 1, 0);
        ::sem_init(&result->theirs, 1, 0);
        return result;
    }

    static void wait(sem_t& semaphore) {
        while (::sem_wait(&semaphore) != 0 && errno == EINTR) {
        }
    }

    void begin(std::size_t count) {
        for (std::size_t i = 0; i < count / 2; ++i) {
            ::sem_post(&theirs);
            wait(mine);
        }
    }

    void answer(std::size_t count) {
        for (std::size_t i = 0; i < count / 2; ++i) {
            wait(theirs);
            ::sem_post(&mine);
        }
    }
};

void hand_to_thread(turns& turns, std::size_t count) {
    std::jthread other{[&] { turns.answer(count); }};
    turns.begin(count);
}

void hand_to_process(turns& turns, std::size_t count) {
    auto other = child_process::fork([&] { return turns.answer(count), 0; },
                                     {.die_with_parent = true});
    turns.begin(count);
    other.wait();
}

} // namespace

int main(int argc, char** argv) {
    ladder::option_parser options{"bench_switch",
                                  "What it costs to let somebody else go on."};
    if (const auto status = options.parse(argc, argv)) return *status;
    ladder::pin_to_core(ladder::first_usable_core()); // with all that it starts
    turns& shared = *turns::make();
    const double base = nanoseconds_each(quick, call);
    const auto show = [&](std::string_view what, double cost) {
        fmt::print("{:<30} {:>8.1f} ns  {:>8.1f} ×\n", what, cost, cost / base);
    };
    using namespace std::placeholders;
    fmt::print("on one core; medians of {} rounds\n\n", rounds);
    show("function call", base);
    show("stackless resume, and back", nanoseconds_each(quick, resume));
    show("context switch", nanoseconds_each(quick, switch_context));
    show("fiber yield", nanoseconds_each(quick, yield_fibers));
    show("hand-over to a thread",
         nanoseconds_each(slow, std::bind(hand_to_thread, std::ref(shared), _1)));
    show("hand-over to a process",
         nanoseconds_each(slow, std::bind(hand_to_process, std::ref(shared), _1)));
    ::munmap(&shared, sizeof shared);
}
