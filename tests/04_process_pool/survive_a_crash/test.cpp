// The books first, by hand; at the end, with worker processes that are killed.

#include "processes/child_process.hpp"
#include "processes/unique_fd.hpp"
#include "survive_a_crash.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using ladder::ledger;
using ladder::state;

namespace {

/// For a check that fails: its name, and not its number.
std::string named(state s) {
    constexpr std::array names{"waiting", "held", "begun", "done", "failed"};
    return names.at(static_cast<std::size_t>(s));
}

/// What a worker gets, as many as it holds.
std::vector<int> give(ledger& books, int worker, int count) {
    std::vector<int> tasks;
    for (int i = 0; i < count; ++i)
        if (const auto task = books.give(worker)) tasks.push_back(*task);
    return tasks;
}

int count(const ledger& books, int tasks, state what) {
    int result = 0;
    for (int task = 0; task < tasks; ++task)
        result += books.of(task) == what ? 1 : 0;
    return result;
}

constexpr int killer = 13; ///< The task that kills every worker that begins it.

/// A process that says 'b', runs a task, and says 'd'.
struct worker {
    worker() {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
            std::abort();
        socket.reset(ends[0]);
        ladder::processes::unique_fd theirs{ends[1]};
        process = std::make_unique<ladder::processes::child_process>(
            ladder::processes::child_process::fork(
                [&] { return run(socket, theirs.get()); }, {.die_with_parent = true}));
    }

    static int run(ladder::processes::unique_fd& parents, int mine) {
        parents.reset();
        for (int task = 0; ::recv(mine, &task, sizeof task, MSG_WAITALL) > 0;) {
            ::send(mine, "b", 1, MSG_NOSIGNAL);
            if (task == killer) ::raise(SIGKILL);
            ::send(mine, "d", 1, MSG_NOSIGNAL);
        }
        return 0;
    }

    ladder::processes::unique_fd socket;
    std::unique_ptr<ladder::processes::child_process> process;
    int held = 0;
};

} // namespace

TEST_CASE("without a death every task is done") {
    ledger books{3};
    CHECK(give(books, 1, 5) == std::vector{0, 1, 2});
    for (int i = 0; i < 3; ++i) {
        books.begun(1);
        books.done(1);
    }
    CHECK(count(books, 3, state::done) == 3);
}

TEST_CASE("what was done before the death stays done") {
    ledger books{2};
    give(books, 1, 2);
    books.begun(1);
    books.done(1);
    books.died(1);
    CHECK(named(books.of(0)) == "done");
}

TEST_CASE("the death of a worker costs its task a second try") {
    ledger books{1};
    give(books, 1, 1);
    books.begun(1);
    books.died(1);
    CHECK(named(books.of(0)) == "waiting");
    CHECK(give(books, 2, 1) == std::vector{0});
    books.begun(2);
    books.done(2);
    CHECK(named(books.of(0)) == "done");
}

TEST_CASE("a task that kills two workers has failed") {
    ledger books{2};
    for (const int worker : {1, 2}) {
        REQUIRE(give(books, worker, 1) == std::vector{0});
        books.begun(worker);
        books.died(worker);
    }
    CHECK(named(books.of(0)) == "failed");
    CHECK(give(books, 3, 2) == std::vector{1});
}

TEST_CASE("what the worker had is next, in the same order") {
    ledger books{8};
    CHECK(give(books, 1, 4) == std::vector{0, 1, 2, 3});
    books.begun(1);
    books.done(1);
    books.begun(1);
    books.died(1);
    CHECK(give(books, 2, 8) == std::vector{1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("what was behind a task that has failed is next, too") {
    ledger books{6};
    for (const int worker : {1, 2}) {
        REQUIRE(give(books, worker, 3) == std::vector{0, 1, 2});
        books.begun(worker);
        books.died(worker);
    }
    CHECK(named(books.of(0)) == "failed");
    CHECK(give(books, 3, 6) == std::vector{1, 2, 3, 4, 5});
}

TEST_CASE(
    "the order is that in which the worker got them, and not that of their numbers") {
    ledger books{4};
    CHECK(give(books, 1, 2) == std::vector{0, 1});
    CHECK(give(books, 2, 1) == std::vector{2});
    books.died(1);
    CHECK(give(books, 2, 1) == std::vector{0}); // behind 2
    books.died(2);
    CHECK(give(books, 3, 4) == std::vector{2, 0, 1, 3});

    ledger others{3};
    CHECK(give(others, 1, 1) == std::vector{0});
    CHECK(give(others, 2, 1) == std::vector{1});
    others.begun(1);
    others.died(1);
    CHECK(give(others, 2, 1) == std::vector{0}); // its second try, behind 1
    others.died(2);
    CHECK(give(others, 3, 3) == std::vector{1, 0, 2});
}

TEST_CASE("a task that was only held is innocent, however often") {
    ledger books{3};
    for (int worker = 0; worker < 10; ++worker) {
        REQUIRE(give(books, worker, 3).size() == 3);
        books.died(worker); // while idle: it had begun nothing
    }
    CHECK(count(books, 3, state::waiting) == 3);

    for (const int worker : {10, 11}) { // the first kills two; the others were behind it
        REQUIRE(give(books, worker, 3).size() == 3);
        books.begun(worker);
        books.died(worker);
    }
    CHECK(named(books.of(0)) == "failed");
    CHECK(named(books.of(1)) == "waiting");
    CHECK(named(books.of(2)) == "waiting");
}

TEST_CASE("a new worker with the same number begins with nothing") {
    ledger books{2};
    give(books, 1, 2);
    books.died(1);
    CHECK(give(books, 2, 2) == std::vector{0, 1});
    books.died(1); // the new one, which got nothing
    CHECK(give(books, 3, 2) == std::vector<int>{});
    CHECK(count(books, 2, state::held) == 2);
}

TEST_CASE("the death of a worker that holds nothing changes nothing") {
    ledger books{1};
    books.died(7);
    CHECK(give(books, 1, 2) == std::vector{0});
}

TEST_CASE("two deaths are two, whatever lies between them") {
    ledger books{2};
    const auto dies = [&](int worker, bool begins) {
        REQUIRE(give(books, worker, 1) == std::vector{0});
        if (begins) books.begun(worker);
        books.died(worker);
    };
    dies(1, true);
    dies(2, false); // an idle death
    CHECK(named(books.of(0)) == "waiting");
    dies(3, true);
    CHECK(named(books.of(0)) == "failed");
}

TEST_CASE("each task has a second try of its own, and so has each ledger") {
    ledger books{3}, others{1};
    for (const int task : {0, 1, 2}) {
        REQUIRE(give(books, task, 1) == std::vector{task});
        books.begun(task);
    }
    for (const int worker : {2, 1, 0})
        books.died(worker);
    CHECK(count(books, 3, state::waiting) == 3);
    give(others, 1, 1);
    others.begun(1);
    others.died(1);
    CHECK(named(others.of(0)) == "waiting");
    CHECK(give(books, 9, 3) == std::vector{0, 1, 2});
}

TEST_CASE("every task has an end, whoever dies") {
    constexpr int tasks = 200;
    ledger books{tasks};
    std::mt19937 random{1}; // the same deaths each time
    int turns = 0;
    for (; turns < 10'000; ++turns) {
        const int worker = turns % 4;
        const auto held = give(books, worker, 3);
        if (held.empty()) break;
        for (const int task : held) {
            static_cast<void>(task);
            if (random() % 8 == 0) break;
            books.begun(worker);
            if (random() % 8 == 0) break;
            books.done(worker);
        }
        books.died(worker); // or left, having done all
    }
    CHECK(turns < 10'000);
    CHECK(count(books, tasks, state::done) + count(books, tasks, state::failed) == tasks);
}

TEST_CASE("with real workers, the task that kills fails, and no other") {
    constexpr int tasks = 100, each = 4;
    ledger books{tasks};
    std::array<worker, 2> workers;
    const auto ended = [&] {
        return count(books, tasks, state::done) + count(books, tasks, state::failed);
    };
    int deaths = 0;
    while (ended() < tasks && deaths < 10) {
        std::array<pollfd, 2> sockets{};
        for (std::size_t i = 0; i < workers.size(); ++i) {
            worker& w = workers[i];
            for (; w.held < each; ++w.held) {
                const auto task = books.give(static_cast<int>(i));
                if (!task) break;
                ::send(w.socket.get(), &*task, sizeof *task, MSG_NOSIGNAL);
            }
            sockets[i] = {.fd = w.socket.get(), .events = POLLIN, .revents = 0};
        }
        REQUIRE(::poll(sockets.data(), sockets.size(), 5'000) > 0); // 0: a task is lost
        for (std::size_t i = 0; i < workers.size(); ++i) {
            if (sockets[i].revents == 0) continue;
            worker& w = workers[i];
            char said = 0;
            if (::recv(w.socket.get(), &said, 1, 0) <= 0) {
                books.died(static_cast<int>(i));
                ++deaths;
                w = worker{};
            } else if (said == 'b') {
                books.begun(static_cast<int>(i));
            } else {
                books.done(static_cast<int>(i));
                --w.held;
            }
        }
    }
    CHECK(deaths == 2);
    CHECK(named(books.of(killer)) == "failed");
    CHECK(count(books, tasks, state::done) == tasks - 1);
}
