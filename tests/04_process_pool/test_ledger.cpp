// The pool's books, event by event: no process, no socket, and a clock that the test
// turns.

#include "process_pool/ledger.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace ladder::process_pool;
using namespace std::chrono_literals;

namespace {

using task_numbers = std::vector<std::uint64_t>;

const ledger::time_point start{};

std::vector<ledger::task> add(ledger& books, int count) {
    std::vector<ledger::task> tasks;
    for (int i = 0; i < count; ++i) {
        tasks.push_back(std::make_shared<job>());
        tasks.back()->request = std::string(8, 'r');
        books.add(tasks.back());
    }
    return tasks;
}

task_numbers held(const ledger& books, std::size_t worker) {
    task_numbers result;
    for (const auto& task : books.held(worker))
        result.push_back(task->number);
    return result;
}

/// The first task of a worker, from beginning to end, at the time `now`.
void run_one(ledger& books, std::size_t worker, std::chrono::nanoseconds took,
             ledger::time_point now = start) {
    const std::uint64_t number = books.held(worker).front()->number;
    books.begun(worker, number, now);
    books.ended(worker, number, {.response = "done"}, now + took);
}

} // namespace

TEST_CASE("tasks are numbered, and held in their order") {
    ledger books{{.workers = 1, .ahead = 0}};
    const auto tasks = add(books, 3);
    CHECK(tasks[2]->number == 3);
    CHECK(books.hand_out().empty()); // there is no worker yet
    books.started(0);
    CHECK(books.idle());
    CHECK(books.hand_out() == std::vector<std::size_t>{0});
    CHECK_FALSE(books.idle());
    CHECK(held(books, 0) == task_numbers{1});
    run_one(books, 0, 1us);
    CHECK(tasks[0]->ended);
    CHECK(tasks[0]->result.response == "done");
    CHECK(tasks[0]->request.empty());
    books.hand_out();
    CHECK(held(books, 0) == task_numbers{2});
    CHECK(books.busy());
}

TEST_CASE("the worker with the fewest tasks gets the next") {
    ledger books{{.workers = 2, .ahead = 1}};
    books.started(0);
    books.started(1);
    add(books, 2);
    books.hand_out();
    CHECK(held(books, 0) == task_numbers{1});
    CHECK(held(books, 1) == task_numbers{2});
}

TEST_CASE("a worker holds as much ahead as it does in half a millisecond") {
    ledger books{{.workers = 1, .ahead = 64}};
    books.started(0);
    add(books, 200);
    books.hand_out();
    CHECK(held(books, 0).size() == 1); // nothing is known of it: a task may be slow
    for (int i = 0; i < 60; ++i) {     // up at once, down slowly
        run_one(books, 0, 50us);
        books.hand_out();
    }
    CHECK(held(books, 0).size() > 5);
    CHECK(held(books, 0).size() <= 11);
    run_one(books, 0, 5ms); // a slow one: no more until it holds none
    books.hand_out();
    const std::size_t left = held(books, 0).size();
    run_one(books, 0, 50us);
    books.hand_out();
    CHECK(held(books, 0).size() == left - 1);
}

TEST_CASE("the queue is full when so many wait, not counting those that are held") {
    ledger books{{.workers = 1, .queue = 2, .ahead = 0}};
    books.started(0);
    add(books, 2);
    CHECK(books.full());
    books.hand_out();
    CHECK_FALSE(books.full());
}

TEST_CASE("only the task that had begun is to blame for a death") {
    ledger books{{.workers = 1, .ahead = 64}};
    books.started(0);
    const auto tasks = add(books, 20);
    for (int i = 0; i < 10; ++i) {
        books.hand_out();
        run_one(books, 0, 1us);
    }
    books.hand_out();
    const task_numbers before = held(books, 0);
    REQUIRE(before.size() >= 2);
    for (int death = 0; death < 2; ++death) {
        books.begun(0, before[0], start);
        books.died(0, "killed");
        books.started(0);
        CHECK(books.hand_out().size() == 1);
    }
    const auto& culprit = *tasks[before[0] - 1];
    CHECK(culprit.ended);
    CHECK(culprit.result.how == ending::worker_died);
    CHECK(culprit.result.cause == "two workers died of it, the last was killed");
    CHECK(held(books, 0)[0] == before[1]); // as if nothing had been, and in its place
    CHECK(tasks[before[1] - 1]->deaths == 0);
    CHECK(books.statistics.lost == 2);
    CHECK(books.statistics.retries == 1);
}

TEST_CASE("a task that was held but had not begun is not counted as tried") {
    ledger books{{.workers = 1, .ahead = 0}};
    const auto tasks = add(books, 1);
    for (int death = 0; death < 5; ++death) {
        books.started(0);
        books.hand_out();
        CHECK(held(books, 0) == task_numbers{1});
        books.died(0, "killed");
    }
    CHECK_FALSE(tasks[0]->ended);
    CHECK(books.statistics.retries == 0);
}

TEST_CASE("workers that die before they begin anything end what waits") {
    ledger books{{.workers = 1, .ahead = 0}};
    const auto tasks = add(books, 2);
    for (std::size_t i = 0; i < ledger::useless_until_given_up; ++i) {
        CHECK_FALSE(tasks[0]->ended);
        books.started(0);
        books.hand_out();
        books.died(0, "exited with 1");
    }
    for (const auto& task : tasks) {
        CHECK(task->ended);
        CHECK(task->result.how == ending::worker_died);
    }
    CHECK_FALSE(books.busy());
}

TEST_CASE("a task that takes too long ends, and dooms its worker") {
    ledger books{{.workers = 1, .time_limit = 10ms, .ahead = 0}};
    books.started(0);
    const auto tasks = add(books, 2);
    books.hand_out();
    CHECK_FALSE(books.deadline()); // it has not begun
    CHECK_FALSE(books.expire(0, start + 1h));
    books.begun(0, 1, start);
    CHECK(books.deadline() == start + 10ms);
    CHECK_FALSE(books.expire(0, start + 9ms));
    CHECK(books.expire(0, start + 10ms));
    CHECK(tasks[0]->result.how == ending::timed_out);
    CHECK(tasks[0]->result.cause == "it took longer than 10 ms");
    CHECK(books.doomed(0));
    CHECK_FALSE(books.expire(0, start + 1h)); // once
    CHECK(books.hand_out().empty());          // nothing for the doomed
    CHECK_FALSE(books.idle());
    books.died(0, "killed");
    books.started(0);
    books.hand_out();
    CHECK(held(books, 0) == task_numbers{2});
    CHECK(books.statistics.retries == 0); // it is not tried again
}

TEST_CASE("a worker that had its number of tasks is let go, and is no loss") {
    ledger books{{.workers = 1, .tasks_per_worker = 2}};
    books.started(0);
    add(books, 3);
    for (int i = 0; i < 2; ++i) {
        books.hand_out();
        CHECK_FALSE(books.may_go(0));
        run_one(books, 0, 1us);
    }
    books.hand_out();
    CHECK(held(books, 0).empty());
    CHECK(books.may_go(0));
    CHECK_FALSE(books.may_go(0)); // once
    books.died(0, "exited with 0");
    CHECK(books.statistics.retired == 1);
    CHECK(books.statistics.lost == 0);
    books.started(0);
    books.hand_out();
    CHECK(held(books, 0) == task_numbers{3});
}

TEST_CASE("a worker cannot end what it has not begun, nor begin what it does not hold") {
    ledger books{{.workers = 2, .ahead = 0}};
    books.started(0);
    books.started(1);
    add(books, 2);
    books.hand_out();
    CHECK_THROWS_AS(books.begun(0, 2, start), std::runtime_error); // the other one's
    CHECK_THROWS_AS(books.ended(0, 1, {}, start), std::runtime_error);
    books.begun(0, 1, start);
    CHECK_THROWS_AS(books.ended(0, 2, {}, start), std::runtime_error);
    books.ended(0, 1, {}, start);
    CHECK_THROWS_AS(books.ended(0, 1, {}, start), std::runtime_error); // twice
}

TEST_CASE("those that want to be called are called in the order of their ends") {
    ledger books{{.workers = 2, .ahead = 0}};
    books.started(0);
    books.started(1);
    const auto tasks = add(books, 3);
    tasks[0]->on_end = tasks[1]->on_end = [](outcome&&) {};
    books.hand_out();
    run_one(books, 1, 1us);
    run_one(books, 0, 1us);
    books.hand_out();
    run_one(books, 0, 1us); // the third wants no call
    CHECK(books.busy());
    CHECK(books.next_ended() == tasks[1]);
    CHECK(books.any_ended());
    CHECK(books.next_ended() == tasks[0]);
    CHECK_FALSE(books.next_ended());
    CHECK_FALSE(books.busy());
}

TEST_CASE("what has not ended is abandoned, wherever it is") {
    ledger books{{.workers = 1, .ahead = 0}};
    books.started(0);
    const auto tasks = add(books, 3);
    books.hand_out();
    run_one(books, 0, 1us);
    books.hand_out(); // the second is held, the third waits
    books.abandon();
    CHECK(tasks[0]->result.how == ending::done);
    for (const auto i : {1, 2}) {
        CHECK(tasks[i]->ended);
        CHECK(tasks[i]->result.how == ending::abandoned);
    }
}
