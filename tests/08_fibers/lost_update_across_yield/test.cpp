// An account whose withdrawals wait in the middle. The bank answers when the test says
// so.

#include "account.hpp"
#include "fibers/fiber_group.hpp"
#include "in_child.hpp"

#include <boost/fiber/future.hpp>
#include <boost/fiber/operations.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <string>

using boost::this_fiber::yield;
using ladder::account;
using ladder::in_child;
using ladder::fibers::fiber_group;

namespace {

/// Fibers that ask wait for an answer; each gets its own.
class bank {
public:
    bool ask() {
        questions.emplace_back();
        return questions.back().get_future().get();
    }

    void answer(std::size_t question, bool yes) {
        questions.at(question).set_value(yes);
        yield(); // who asked goes on
    }

    void fail(std::size_t question) {
        questions.at(question).set_exception(
            std::make_exception_ptr(std::runtime_error{"the line is dead"}));
        yield();
    }

    std::deque<boost::fibers::promise<bool>> questions;
};

/// Withdrawals in fibers of their own, at one account and one bank.
struct office {
    explicit office(int balance) : money(balance) {}

    /// Begins, and comes back when the bank was asked, or was not.
    void withdraw(int amount) {
        all.spawn([this, amount] {
            if (money.withdraw(amount, [this] { return clerk.ask(); })) paid += amount;
        });
        yield();
    }

    account money;
    bank clerk;
    int paid = 0;
    fiber_group all; // last: its fibers use the others
};

} // namespace

TEST_CASE("a withdrawal takes the money") {
    account money{10};
    CHECK(money.withdraw(3, [] { return true; }));
    CHECK(money.balance() == 7);
    CHECK(money.withdraw(7, [] { return true; }));
    CHECK(money.balance() == 0);
}

TEST_CASE("when the bank says no, the money stays") {
    account money{10};
    int asked = 0;
    CHECK_FALSE(money.withdraw(3, [&] { return ++asked > 1; }));
    CHECK(asked == 1);
    CHECK(money.balance() == 10);
    CHECK_FALSE(money.withdraw(0, [] { return false; }));
}

TEST_CASE("what is not there is not asked for") {
    account money{10};
    int asked = 0;
    CHECK_FALSE(money.withdraw(11, [&] { return ++asked > 0; }));
    CHECK(asked == 0);
    CHECK(money.balance() == 10);
}

TEST_CASE("two withdrawals at the same time both count") {
    const auto result = in_child([] {
        office o{10};
        o.withdraw(3);
        o.withdraw(4);
        o.clerk.answer(0, true);
        o.clerk.answer(1, true);
        o.all.join();
        return std::to_string(o.money.balance());
    });
    INFO("why: both read 10 before either wrote; a wait lies between");
    CHECK(result == "3");
}

TEST_CASE("a deposit that comes in between is not lost") {
    office o{10};
    o.withdraw(3);
    o.money.deposit(5);
    o.clerk.answer(0, true);
    o.all.join();
    CHECK(o.money.balance() == 12);
}

TEST_CASE("two withdrawals wait for the bank at the same time") {
    const auto asked = in_child([] {
        office o{10};
        o.withdraw(3);
        o.withdraw(4);
        const auto questions = o.clerk.questions.size();
        for (std::size_t i = 0; i < o.clerk.questions.size(); ++i)
            o.clerk.answer(i, true); // one that had to wait asks now
        o.all.join();
        return std::to_string(questions);
    });
    INFO("why: one that the bank thinks about for long holds up nobody");
    CHECK(asked == "2");
}

TEST_CASE("nobody is promised what another one is waiting for") {
    const auto result = in_child([] {
        office o{10};
        o.withdraw(8);
        o.withdraw(8);
        for (std::size_t i = 0; i < o.clerk.questions.size(); ++i)
            o.clerk.answer(i, true);
        o.all.join();
        return std::to_string(o.clerk.questions.size()) + " asked, " +
               std::to_string(o.paid) + " paid, " + std::to_string(o.money.balance()) +
               " left";
    });
    CHECK(result == "1 asked, 8 paid, 2 left");
}

TEST_CASE("while the bank thinks, the balance is what is still to be had") {
    office o{10};
    o.withdraw(8);
    const int meanwhile = o.money.balance();
    o.clerk.answer(0, false);
    o.all.join();
    CHECK(meanwhile == 2);
    CHECK(o.money.balance() == 10);
}

TEST_CASE("when the bank says no, what the others did meanwhile stays") {
    const auto result = in_child([] {
        office o{10};
        o.withdraw(3);
        o.withdraw(4);
        o.money.deposit(1);
        o.clerk.answer(o.clerk.questions.size() - 1, true);
        o.clerk.answer(0, false);
        o.all.join();
        return std::to_string(o.money.balance());
    });
    CHECK(result == "7");
}

TEST_CASE("when the bank throws, it is as if nobody had asked") {
    office o{10};
    o.withdraw(3);
    o.money.deposit(5);
    o.clerk.fail(0);
    CHECK_THROWS_AS(o.all.join(), std::runtime_error);
    CHECK(o.money.balance() == 15);
    CHECK(o.paid == 0);
}

TEST_CASE("whatever the bank throws, it comes out as it was, and the money is back") {
    account money{10};
    CHECK_THROWS_AS(money.withdraw(3, []() -> bool { throw 42; }), int);
    CHECK(money.balance() == 10);
    CHECK_THROWS_AS(money.withdraw(3, []() -> bool { throw std::out_of_range{"no"}; }),
                    std::out_of_range);
    CHECK(money.balance() == 10);
    CHECK(money.withdraw(10, [] { return true; }));
}

TEST_CASE("two accounts are two") {
    const auto result = in_child([] {
        office one{10}, other{10};
        one.withdraw(8);
        other.withdraw(9);
        const auto left = std::to_string(one.money.balance()) + " and " +
                          std::to_string(other.money.balance()) + " left";
        for (office* each : {&one, &other}) {
            for (std::size_t i = 0; i < each->clerk.questions.size(); ++i)
                each->clerk.answer(i, true);
            each->all.join();
        }
        return left;
    });
    CHECK(result == "2 and 1 left");
}

TEST_CASE("many withdrawals wait for the bank at the same time") {
    const auto result = in_child([] {
        office o{1'000};
        for (int i = 0; i < 100; ++i)
            o.withdraw(10);
        const auto asked = o.clerk.questions.size();
        for (std::size_t i = 0; i < o.clerk.questions.size(); ++i)
            o.clerk.answer(i, i % 2 == 0);
        o.all.join();
        return std::to_string(asked) + " asked, " + std::to_string(o.money.balance()) +
               " left";
    });
    CHECK(result == "100 asked, 500 left");
}
