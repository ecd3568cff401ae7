// The bank account: every race is forced through a script, or left to ThreadSanitizer.

#include "bank_account.hpp"
#include "in_child.hpp"
#include "workbench/interleave.hpp"

#include <catch2/catch_test_macros.hpp>

#include <barrier>
#include <functional>
#include <limits>
#include <string>
#include <thread>
#include <vector>

using ladder::bank_account;
using ladder::statement;
using ladder::interleave::actor;
using ladder::interleave::draw;
using ladder::interleave::script;

namespace {

constexpr int rounds = 5;

/// A and B do their work in threads of their own, in the order of the script if they can.
/// Both are there before one begins, and until both have done their work: of threads that
/// were not there at the same time, ThreadSanitizer does not always see a race.
void play(const std::function<void()>& a, const std::function<void()>& b) {
    std::barrier<> both{2};
    const auto as = [&](const char* name, const std::function<void()>& work) {
        return std::thread{[name, &work, &both] {
            both.arrive_and_wait();
            {
                const actor me{name};
                work();
            }
            both.arrive_and_wait();
        }};
    };
    std::thread first = as("A", a), second = as("B", b);
    first.join();
    second.join();
}

} // namespace

TEST_CASE("an account opens with nothing in it") {
    const bank_account account;
    CHECK(account.balance() == 0);
}

TEST_CASE("one thread deposits 1") {
    bank_account account;
    account.deposit(1);
    CHECK(account.balance() == 1);
    CHECK(account.look().deposited == 1);
}

TEST_CASE("an account holds as much as an int does") {
    constexpr int most = std::numeric_limits<int>::max();
    bank_account account;
    account.deposit(most);
    CHECK(account.balance() == most);
    CHECK(account.withdraw(most));
    CHECK(account.look().deposited == most);
    CHECK(account.look().withdrawn == most);
}

TEST_CASE("two accounts are two") {
    bank_account one, other;
    one.deposit(5);
    other.deposit(2);
    CHECK(one.balance() == 5);
    CHECK(other.balance() == 2);
    CHECK(other.look().deposited == 2);
}

TEST_CASE("what is not there cannot be withdrawn") {
    bank_account account;
    account.deposit(3);
    CHECK_FALSE(account.withdraw(4));
    CHECK(account.balance() == 3);
    CHECK(account.withdraw(3));
    CHECK(account.balance() == 0);
    CHECK(account.look().withdrawn == 3);
    CHECK(account.withdraw(0)); // so much is there
}

TEST_CASE("a withdrawal that was refused leaves the account usable") {
    CHECK(ladder::in_child([] {
              bank_account account;
              account.withdraw(1);
              account.deposit(1);
              account.withdraw(2);
              return "the balance is " + std::to_string(account.balance());
          }) == "the balance is 1");
}

TEST_CASE("no deposit is lost") {
    for (int round = 0; round < rounds; ++round) {
        bank_account account;
        const script order{{"A: after read", "B: after write"}};
        play([&] { account.deposit(1); }, [&] { account.deposit(1); });
        INFO("two threads deposit 1 each:\n" << draw(order.report()));
        REQUIRE(account.balance() == 2);
        REQUIRE(account.look().deposited == 2);
    }
}

TEST_CASE("no account is overdrawn") {
    for (int round = 0; round < rounds; ++round) {
        bank_account account;
        account.deposit(1);
        bool a_has_it = false, b_has_it = false;
        const script order{{"A: after look", "B: after look"}};
        play([&] { a_has_it = account.withdraw(1); },
             [&] { b_has_it = account.withdraw(1); });
        INFO("there is 1, and two threads withdraw 1 each:\n" << draw(order.report()));
        REQUIRE(account.balance() == 0);
        REQUIRE(a_has_it != b_has_it);
    }
}

TEST_CASE("a deposit and a withdrawal do not undo each other") {
    for (int round = 0; round < rounds; ++round) {
        bank_account account;
        account.deposit(1);
        const script order{{"A: after read", "B: after look", "B: withdrawn"}};
        play([&] { account.deposit(1); },
             [&] {
                 account.withdraw(1);
                 ladder::point("withdrawn");
             });
        INFO("there is 1, A deposits 1, B withdraws 1:\n" << draw(order.report()));
        REQUIRE(account.balance() == 1);
    }
}

TEST_CASE("the balance is never seen half-way") {
    for (int round = 0; round < rounds; ++round) {
        bank_account account;
        statement seen;
        const script order{{"A: after write", "B: has looked"}};
        play([&] { account.deposit(1); },
             [&] {
                 seen = account.look();
                 ladder::point("has looked");
             });
        INFO("A deposits 1, B looks meanwhile:\n" << draw(order.report()));
        REQUIRE(seen.balance == seen.deposited - seen.withdrawn);
    }
}

TEST_CASE("the balance can be read while others deposit") {
    bank_account account;
    bool went_down = false;
    play(
        [&] {
            for (int i = 0; i < 1000; ++i)
                account.deposit(1);
        },
        [&] {
            for (int i = 0, last = 0; i < 1000; ++i) {
                const int now = account.balance();
                went_down = went_down || now < last;
                last = now;
            }
        });
    CHECK_FALSE(went_down);
    CHECK(account.balance() == 1000);
}
