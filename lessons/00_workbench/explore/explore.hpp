#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Every order of the threads of a small piece of code, which stays as it is:
///
///     const explore_report r = explore({.preemptions = 2}, [] {   // once per order
///         bank_account account;
///         std::thread a{[&] { account.deposit(1); }}, b{[&] { account.deposit(2); }};
///         a.join();
///         b.join();
///         require(account.balance() == 3, "a deposit is lost");
///     });
///     r.holds() || (std::cout << r.text());
///
/// The code that is looked at is compiled with `-fsanitize=thread`, so that it calls a
/// hook at every access, and linked with these hooks instead of that sanitizer's library.
/// Locks, condition variables, semaphores, futexes, and the start and the end of threads
/// are taken over, too. One thread runs at a time. At a hook it may be interrupted, and
/// all orders with so many interruptions are tried, those with the fewest first. Nobody
/// able to go on is a deadlock, and a lost wake-up shows as one; two accesses that
/// nothing orders are a data race.
///
/// Not seen: what weak memory does beyond that, other processes, time (there is a clock,
/// which stands still), what blocks in the kernel otherwise, code that is not compiled
/// so.
namespace ladder {

struct explore_options {
    int preemptions = 2;    ///< How often a thread that could go on is interrupted.
    double seconds = 20;    ///< After that, so many orders must do as there were.
    std::size_t random = 0; ///< Instead: so many orders at random, by this seed.
    unsigned seed = 1;
    bool ends_asleep = false; ///< The body must end with everybody asleep for ever.
    std::string replay = {};  ///< Only this one: explore_report::order.
};

struct explore_report {
    static constexpr int all = 1'000'000;

    /// How many were tried. Of orders that differ only in steps that have nothing to do
    /// with each other, one is.
    std::size_t orders = 0;
    int preemptions = -1; ///< All with up to so many were, or `all`; -1: not even with 0.
    std::string failure;  ///< What went wrong in the last of them, or empty.
    std::string order;    ///< That order, for `replay`.
    std::string drawing;  ///< That order by source lines.
    std::vector<std::pair<std::string, std::size_t>> outcomes; ///< In how many orders.

    bool holds() const { return failure.empty(); }

    /// How many orders, and what happened, in some lines.
    std::string text() const;
};

/// Calls `body` once for each order, in a child process, in a thread of its own; it may
/// start up to 11 more. What it makes anew in each order is its own: globals and statics
/// keep their values from one order to the next, and are better avoided. With
/// LADDER_REPLAY in the environment, an order that fails is played again in this process,
/// which ends there: a debugger stops. Throws `std::system_error`.
explore_report explore(const explore_options& options, const std::function<void()>& body);

/// In the body: fails this order if it is not so. Anywhere else: nothing.
void require(bool so, std::string_view otherwise);

/// In the body: what this order came to, up to 31 bytes, for explore_report::outcomes. At
/// most 16 different ones.
void outcome(std::string_view what);

} // namespace ladder
