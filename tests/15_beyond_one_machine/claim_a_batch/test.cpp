// Claims, judged by a table that is made up: between any two statements another machine
// may act, and at each of them the one that asks may die. Nothing waits, and every run is
// the same.

#include "claim_a_batch.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using ladder::acknowledge;
using ladder::claim;
using ladder::claimed;
using ladder::row;
using ladder::state;
using ladder::time_point;

namespace {

/// For a check that fails: its name, and not its number.
std::string named(state s) {
    constexpr std::array names{"ready", "leased", "done"};
    return names.at(static_cast<std::size_t>(s));
}

struct dies {};

constexpr auto lease = 10'000ms;

class made_up : public ladder::database {
public:
    explicit made_up(int batches) {
        for (int i = 1; i <= batches; ++i)
            rows.push_back({.number = i});
    }

    std::vector<row> rows;
    std::map<int, std::vector<std::string>> outcomes; ///< By batch; each with its fence.
    time_point now = 1'000'000ms;
    int statements = 0;
    int dies_at = 0;                    ///< The statement that does not happen.
    std::function<void()> in_between{}; ///< Another machine, after the next statement.

    std::size_t update(const condition& where, const change& set,
                       std::size_t limit) override {
        begin();
        std::size_t changed = 0;
        for (row& r : rows)
            if (changed < limit && where(r, now)) {
                set(r, now);
                ++changed;
            }
        end();
        return changed;
    }

    std::vector<row> select(const condition& where) override {
        begin();
        std::vector<row> found;
        for (const row& r : rows)
            if (where(r, now)) found.push_back(r);
        end();
        return found;
    }

    void remove(const condition& where) override {
        begin();
        std::erase_if(rows, [&](const row& r) { return where(r, now); });
        end();
    }

    void insert_outcome(int number, int fence, const std::string& text) override {
        begin();
        outcomes[number].push_back(std::to_string(fence) + ' ' + text);
        end();
    }

    bool has_outcome(int number, int fence) override {
        begin();
        const std::string mine = std::to_string(fence) + ' ';
        const auto& all = outcomes[number];
        const bool found = std::ranges::any_of(
            all, [&](const std::string& one) { return one.rfind(mine, 0) == 0; });
        end();
        return found;
    }

    void transaction(const std::function<bool()>& body) override {
        const auto before = std::pair{rows, outcomes};
        in_transaction_ = true;
        bool commit = false;
        try {
            commit = body();
        } catch (...) {
            in_transaction_ = false;
            std::tie(rows, outcomes) = before;
            throw;
        }
        in_transaction_ = false;
        if (!commit) std::tie(rows, outcomes) = before;
        end();
    }

private:
    void begin() {
        if (++statements == dies_at) throw dies{};
    }

    void end() {
        if (in_transaction_) return; // others wait until it has ended
        if (const auto others = std::exchange(in_between, nullptr)) others();
    }

    bool in_transaction_ = false;
};

/// A machine whose own clock is wrong by `off`.
ladder::machine machine(const std::string& name, const made_up& db,
                        time_point off = 0ms) {
    return {.lease = lease,
            .new_owner = [name, n = 0]() mutable { return name + std::to_string(++n); },
            .own_clock = [&db, off] { return db.now + off; }};
}

std::size_t outcomes_of(const made_up& db, int number) {
    const auto found = db.outcomes.find(number);
    return found == db.outcomes.end() ? 0 : found->second.size();
}

} // namespace

TEST_CASE("a machine leases the first batch that is ready") {
    made_up db{3};
    const auto a = machine("a", db);
    const auto first = claim(db, a), second = claim(db, a);
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->number == 1);
    CHECK(second->number == 2);
    CHECK(first->fence == 1);
    REQUIRE(db.rows.size() == 3);
    CHECK(named(db.rows[0].is) == "leased");
    CHECK(named(db.rows[2].is) == "ready");
}

TEST_CASE("nothing is claimed when there is nothing") {
    made_up none{0};
    CHECK_FALSE(claim(none, machine("a", none)));
    made_up db{1};
    CHECK(claim(db, machine("a", db)));
    CHECK_FALSE(claim(db, machine("b", db)));
}

TEST_CASE("two machines never have the same batch") {
    made_up db{2};
    const auto a = machine("a", db), b = machine("b", db);
    std::optional<claimed> of_b;
    db.in_between = [&] { of_b = claim(db, b); };
    const auto of_a = claim(db, a);
    REQUIRE(of_a);
    REQUIRE(of_b);
    CHECK(of_a->number != of_b->number);
}

TEST_CASE("the last batch is one machine's only") {
    made_up db{1};
    const auto a = machine("a", db), b = machine("b", db);
    std::optional<claimed> of_b;
    db.in_between = [&] { of_b = claim(db, b); };
    const auto of_a = claim(db, a);
    CHECK(of_a.has_value() + of_b.has_value() == 1);
}

TEST_CASE("a batch is in the table until it is done") {
    made_up db{1};
    CHECK(claim(db, machine("a", db)));
    REQUIRE(db.rows.size() == 1); // and its machine may die now
    CHECK(named(db.rows[0].is) == "leased");
}

TEST_CASE("a lease that has ended is anybody's, with another fence") {
    made_up db{1};
    const auto lost = claim(db, machine("a", db));
    db.now += lease + 1ms;
    const auto again = claim(db, machine("b", db));
    REQUIRE(lost);
    REQUIRE(again);
    CHECK(again->number == 1);
    CHECK(again->fence == lost->fence + 1);
    for (int fence = 3; fence < 20; ++fence) {
        db.now += lease + 1ms;
        const auto next = claim(db, machine("c" + std::to_string(fence), db));
        REQUIRE(next);
        CHECK(next->fence == fence);
    }
}

TEST_CASE(
    "the first of the list goes first, whether it is ready or its lease has ended") {
    made_up db{3};
    const auto a = machine("a", db);
    CHECK(claim(db, a));
    db.now += lease + 1ms;
    for (const int number : {1, 2, 3}) {
        const auto next = claim(db, machine("b" + std::to_string(number), db));
        REQUIRE(next);
        CHECK(next->number == number);
    }
}

TEST_CASE("a lease that has not ended is nobody else's") {
    made_up db{1};
    CHECK(claim(db, machine("a", db)));
    db.now += lease - 1ms;
    CHECK_FALSE(claim(db, machine("b", db)));
}

TEST_CASE("the database's clock measures the lease, and no other") {
    for (const auto off : {-3'600'000ms, 3'600'000ms}) {
        made_up db{1};
        CHECK(claim(db, machine("a", db, off)));
        db.now += lease - 1ms;
        CHECK_FALSE(claim(db, machine("b", db, -off)));
        db.now += 2ms;
        CHECK(claim(db, machine("b", db, -off)));
    }
}

TEST_CASE("a lease that is renewed ends later") {
    made_up db{1};
    const auto a = machine("a", db, 3'600'000ms);
    const auto mine = claim(db, a);
    REQUIRE(mine);
    for (int i = 0; i < 3; ++i) {
        db.now += lease - 1ms;
        CHECK(renew(db, a, *mine));
    }
    CHECK_FALSE(claim(db, machine("b", db)));
    db.now += lease + 1ms;
    CHECK(claim(db, machine("b", db)));
}

TEST_CASE("a lease that is renewed is that of its batch, and of no other") {
    made_up db{2};
    const auto a = machine("a", db), b = machine("b", db);
    const auto one = claim(db, a), two = claim(db, a);
    REQUIRE(two);
    db.now += lease - 1ms;
    CHECK(renew(db, a, *two));
    db.now += 2ms;
    const auto ended = claim(db, b);
    REQUIRE(ended);
    CHECK(ended->number == one->number);
    CHECK_FALSE(claim(db, b));
}

TEST_CASE("who was too late cannot renew") {
    made_up db{1};
    const auto a = machine("a", db);
    const auto late = claim(db, a);
    db.now += lease + 1ms;
    const auto again = claim(db, machine("b", db));
    REQUIRE(late);
    REQUIRE(again);
    const auto until = db.rows[0].until;
    db.now += 1'000ms;
    CHECK_FALSE(renew(db, a, *late));
    CHECK(db.rows[0].until == until);
    CHECK(acknowledge(db, *again, "by b"));
    CHECK_FALSE(renew(db, a, *late));
    CHECK(named(db.rows[0].is) == "done");
}

TEST_CASE("who was too late cannot acknowledge, and hears it") {
    made_up db{1};
    const auto late = claim(db, machine("a", db));
    db.now += lease + 1ms;
    const auto again = claim(db, machine("b", db));
    REQUIRE(late);
    REQUIRE(again);
    CHECK_FALSE(acknowledge(db, *late, "by a"));
    CHECK(outcomes_of(db, 1) == 0);
    CHECK(named(db.rows[0].is) == "leased");
    CHECK(acknowledge(db, *again, "by b"));
    CHECK_FALSE(acknowledge(db, *late, "by a"));
    CHECK(db.outcomes[1] == std::vector<std::string>{"2 by b"});
}

TEST_CASE("a batch is done, and its outcome is recorded") {
    made_up db{2};
    const auto a = machine("a", db);
    const auto one = claim(db, a), two = claim(db, a);
    REQUIRE(one);
    REQUIRE(two);
    CHECK(acknowledge(db, *two, "the second"));
    CHECK(named(db.rows.at(0).is) == "leased");
    CHECK(named(db.rows.at(1).is) == "done");
    CHECK(outcomes_of(db, 1) == 0);
    CHECK(db.outcomes[2] == std::vector<std::string>{"1 the second"});
    db.now += lease + 1ms;
    CHECK(claim(db, a)->number == 1);
    CHECK_FALSE(claim(db, a)); // what is done is done
}

TEST_CASE("done and outcome are both there or neither, wherever the machine dies") {
    for (int at = 1; at < 10; ++at) {
        made_up db{1};
        const auto mine = claim(db, machine("a", db));
        REQUIRE(mine);
        db.statements = 0;
        db.dies_at = at;
        bool died = false;
        try {
            acknowledge(db, *mine, "of a");
        } catch (const dies&) {
            died = true;
        }
        db.dies_at = 0;
        INFO("it dies at statement " << at);
        CHECK(outcomes_of(db, 1) == (db.rows.at(0).is == state::done ? 1 : 0));
        if (!died) break;
    }
}

TEST_CASE("another machine between the statements finds both or neither") {
    made_up db{1};
    const auto mine = claim(db, machine("a", db));
    REQUIRE(mine);
    std::function<void()> look = [&] {
        CHECK(outcomes_of(db, 1) == (db.rows.at(0).is == state::done ? 1 : 0));
        db.in_between = look; // and after the next one
    };
    look();
    CHECK(acknowledge(db, *mine, "of a"));
}

TEST_CASE("told twice is as good as told once") {
    made_up db{1};
    const auto mine = claim(db, machine("a", db));
    REQUIRE(mine);
    CHECK(acknowledge(db, *mine, "of a"));
    CHECK(acknowledge(db, *mine, "of a")); // it has not heard the answer
    CHECK(outcomes_of(db, 1) == 1);
}
