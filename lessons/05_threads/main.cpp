// Rung 05: threads share everything, and take turns when the kernel likes.

#include "accounts.hpp"
#include "bounded_queue.hpp"
#include "demo_costs.hpp"
#include "demo_slices.hpp"
#include "workbench/demo.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <thread>

using namespace ladder;
using namespace ladder::threads;
using namespace std::chrono_literals;
using timeline::kind;

constexpr int rounds = 100;

/// A and B deposit once each, and B does it in the middle of A's deposit, if it can.
template <class Account>
static std::string play(const char* what) {
    int forced = 0, lost = 0;
    std::string why, drawing;
    for (int i = 0; i < rounds; ++i) {
        const interleave::script order{{"A: after read", "B: after write"}};
        Account account;
        const auto deposit = [&](const char* name) {
            const interleave::actor me{name};
            account.deposit(1);
        };
        std::thread a{deposit, "A"}, b{deposit, "B"};
        a.join();
        b.join();
        lost += account.balance == 2 ? 0 : 1;
        forced += order.forced() ? 1 : 0;
        why = order.gave_way();
        drawing = interleave::draw(order.report());
    }
    fmt::print("{:<32}{:>8}{:>12}    {}\n", what, forced, lost, why);
    return drawing;
}

static int deposit() {
    fmt::print(
        "A and B deposit 1 each, {} times. B comes between A's read and A's write.\n"
        "\n{:<32}{:>8}{:>12}    {}\n",
        rounds, "", "B came", "lost", "why B did not come");
    const std::string lost = play<unlocked_account>("int, balance = balance + 1");
    play<two_step_account>("atomic, balance = balance + 1");
    play<atomic_account>("atomic, balance += 1");
    const std::string kept = play<locked_account>("int and a mutex");
    fmt::print("\nwithout a mutex:\n{}\nwith a mutex:\n{}", lost, kept);

    int by_chance = 0;
    for (int i = 0; i < rounds; ++i) {
        two_step_account account;
        const auto thousand = [&] {
            for (int n = 0; n < 1000; ++n)
                account.deposit(1);
        };
        std::thread a{thousand}, b{thousand};
        a.join();
        b.join();
        by_chance += account.balance == 2000 ? 0 : 1;
    }
    fmt::print(
        "\nBy chance: {} rounds of 1,000 unlocked deposits each, {} of them lost.\n",
        rounds, by_chance);
    return 0;
}

static int order() {
    const auto [intervals, taken_away] = share_one_core(2, 40ms);
    fmt::print("Two threads compute for 40 ms each, on one core. Neither ever waits.\n\n"
               "{}\nThe kernel took the core away from one of them {} times.\n",
               timeline::draw_terminal(intervals), taken_away);
    return 0;
}

static void work() { // stands for making a page, or for doing something with it
    const timeline::span span{kind::runs, "works"};
    std::this_thread::sleep_for(10ms);
}

static std::optional<int> take_one(bounded_queue<int>& queue) {
    const timeline::span span{kind::waits, "empty"};
    return queue.pop();
}

static int queue() {
    constexpr int pages = 10;
    const timeline::recording recording;
    bounded_queue<int> queue{2};
    // [queue]
    std::thread producer{[&] {
        for (int page = 0; page < pages; ++page) {
            if (page >= pages / 2) work(); // slow in the second half
            const timeline::span span{kind::waits, "full"};
            queue.push(page);
        }
        queue.close();
    }};
    std::thread consumer{[&] {
        while (const auto page = take_one(queue))
            if (page < pages / 2) work(); // slow in the first half
    }};
    // [/queue]
    producer.join();
    consumer.join();
    fmt::print("{} pages through a queue for 2. At first the consumer is slow, then the\n"
               "producer is.\n\n{}",
               pages, timeline::draw_terminal(recording.intervals()));
    return 0;
}

static int stop() {
    bounded_queue<int> pages{2};

    std::jthread worker{[&](const std::stop_token& stop) {
        while (const auto page = pages.pop(stop))
            fmt::print("the worker has page {}\n", *page);
        fmt::print("the worker was asked to stop, and does\n");
    }};

    pages.push(1);
    while (pages.size() > 0)
        std::this_thread::yield();
    worker.request_stop(); // it waits for a page that nobody will bring
    worker.join();
    return 0;
}

static int move() {
    constexpr int transfers = 100'000;
    locked_account ann, ben;
    {
        const std::jthread there{[&] {
            for (int i = 0; i < transfers; ++i)
                transfer(ann, ben, 1);
        }};
        const std::jthread back{[&] {
            for (int i = 0; i < transfers; ++i)
                transfer_in_order(ben, ann, 1);
        }};
    }
    fmt::print("{} transfers each way, and both threads have ended: {} + {} = 0\n",
               transfers, ann.balance, ben.balance);
    return 0;
}

int main(int argc, char** argv) {
    return run_demos(
        argc, argv,
        {{"deposit", "the lost update, forced, and what helps", deposit},
         {"shared", "what a process and a thread share, and cost", show_start},
         {"order", "two threads and one core: the kernel decides", order},
         {"queue", "a bounded queue: the faster one waits, asleep", queue},
         {"stop", "a thread that waits is asked to stop", stop},
         {"switches", "what it costs to change to another thread", show_switches},
         {"transfer", "two locks, and no deadlock", move}});
}
