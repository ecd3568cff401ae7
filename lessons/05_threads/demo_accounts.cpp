// Deposits that get lost, and transfers that do not.

#include "accounts.hpp"

#include <fmt/format.h>

#include <string>
#include <thread>

namespace ladder::threads {

namespace {

constexpr int rounds = 100;

/// A and B deposit once each, and B does it in the middle of A's deposit, if it can.
template <class Account>
std::string play(const char* what) {
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

} // namespace

int show_deposits() {
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

int show_transfers() {
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

} // namespace ladder::threads
