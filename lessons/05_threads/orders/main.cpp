// All orders in which two threads can deposit, for each of the four accounts. Compiled
// with hooks at every access (../../00_workbench/explore/explore.hpp), and so a program
// of its own; `./learn run 05 orders` runs it.

#include "../accounts.hpp"
#include "workbench/explore/explore.hpp"
#include "workbench/option_parser.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <map>
#include <string>
#include <thread>

using namespace ladder;
using namespace ladder::threads;

/// A and B deposit 1 each, in every order with up to 2 interruptions. Says in how many
/// the balance is 2 afterwards; returns the first that loses.
template <class Account>
static explore_report play(const char* what) {
    const auto deposits = [](bool all_are_there) {
        Account account;
        std::thread a{[&] { account.deposit(1); }}, b{[&] { account.deposit(1); }};
        a.join();
        b.join();
        const int balance = account.balance;
        outcome(fmt::format("{}", balance));
        if (all_are_there) require(balance == 2, "a deposit is lost");
    };
    const auto all = explore({.preemptions = 2}, [&] { deposits(false); });
    std::size_t kept = 0, lost = 0;
    std::string balances;
    const std::map found(all.outcomes.begin(), all.outcomes.end());
    for (auto one = found.rbegin(); one != found.rend(); ++one) { // the largest first
        const auto& [balance, orders] = *one;
        (balance == "2" ? kept : lost) += orders;
        balances += (balances.empty() ? "" : " or ") + balance;
    }
    fmt::print("{:<32}{:>8}{:>8}{:>8}    {}{}\n", what, kept + lost, kept, lost, balances,
               all.holds() ? "" : ", and a data race");
    return explore({.preemptions = 2}, [&] { deposits(true); });
}

int main(int argc, char** argv) {
    option_parser options{"05_threads_orders",
                          "All orders in which two threads can deposit."};
    if (const auto status = options.parse(argc, argv)) return *status;
    fmt::print("A and B deposit 1 each, in every order with up to 2 interruptions.\n\n"
               "{:<32}{:>8}{:>8}{:>8}    {}\n",
               "", "orders", "kept", "lost", "balance");
    play<unlocked_account>("int, balance = balance + 1");
    const auto first_that_loses = play<two_step_account>("atomic, balance = balance + 1");
    play<atomic_account>("atomic, balance += 1");
    play<locked_account>("int and a mutex");
    fmt::print("\nThe first that loses, of two atomic steps:\n{}",
               first_that_loses.drawing);
}
