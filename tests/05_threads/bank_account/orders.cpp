// The bank account in every order of its threads: each rule with two or three of them,
// and a few operations.

#include "bank_account.hpp"
#include "in_every_order.hpp"

#include <catch2/catch_test_macros.hpp>

#include <thread>

using ladder::bank_account;
using ladder::require;
using ladder::statement;

IN_EVERY_ORDER("in every order, no deposit is lost") {
    bank_account account;
    std::thread a{[&] { account.deposit(1); }}, b{[&] { account.deposit(2); }};
    a.join();
    b.join();
    require(account.balance() == 3, "A deposits 1, B deposits 2: the balance is not 3");
    require(account.look().deposited == 3, "the sum of the deposits is not 3");
}

IN_EVERY_ORDER("in every order, no account is overdrawn") {
    bank_account account;
    account.deposit(3);
    bool a_has_it = false, b_has_it = false;
    std::thread a{[&] { a_has_it = account.withdraw(2); }},
        b{[&] { b_has_it = account.withdraw(3); }};
    a.join();
    b.join();
    require(a_has_it != b_has_it,
            "there is 3, and not exactly one of 2 and 3 can be withdrawn");
    const int left = a_has_it ? 1 : 0;
    require(account.balance() == left, "the balance is not what is left");
    require(account.look().withdrawn == 3 - left, "the sum of the withdrawals is wrong");
}

IN_EVERY_ORDER("in every order, a deposit and a withdrawal do not undo each other") {
    bank_account account;
    account.deposit(1);
    bool has_it = false;
    std::thread a{[&] { account.deposit(1); }}, b{[&] { has_it = account.withdraw(1); }};
    a.join();
    b.join();
    require(has_it, "there was 1, and it could not be withdrawn");
    require(account.balance() == 1, "1 and 1 less 1: the balance is not 1");
}

IN_EVERY_ORDER("in every order, a statement is of one moment") {
    bank_account account;
    account.deposit(1);
    const auto look = [&] {
        const statement seen = account.look();
        require(seen.balance == seen.deposited - seen.withdrawn,
                "the balance is not what was deposited less what was withdrawn");
        require(seen.balance >= 0, "the balance is below 0");
        require(seen.deposited >= 1, "what was deposited before is not there");
    };
    std::thread a{[&] { account.deposit(2); }}, b{[&] { account.withdraw(1); }};
    look();
    a.join();
    b.join();
    look();
}

IN_EVERY_ORDER("in every order, the balance is one that there was") {
    bank_account account;
    account.deposit(1);
    std::thread a{[&] {
        account.deposit(5);
        account.withdraw(2);
    }};
    const int seen = account.balance();
    require(seen == 1 || seen == 6 || seen == 4, "the balance was never that");
    a.join();
    require(account.balance() == 4, "1 and 5 less 2: the balance is not 4");
}
