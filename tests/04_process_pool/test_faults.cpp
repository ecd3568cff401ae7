// Workers that die, in every way and at every moment. The list is that of the tests of
// loky and of CPython's own pools, and some.

#include "leftovers.hpp"
#include "process_pool/process_pool.hpp"
#include "processes/child_process.hpp"
#include "processes/pipe.hpp"
#include "serial/serial.hpp"
#include "shared.hpp"
#include "workbench/slow_server.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <numeric>
#include <optional>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace ladder::process_pool;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using ladder::counter;
using ladder::leftovers;
using ladder::wait_until;
using ladder::processes::child_process;

namespace {

enum class fault : char { none, crash, quit, exception };
enum class place : char { decoding, running, encoding };

/// Without a core file, and without a sanitizer that would make a report of it.
[[noreturn]] void die_by(int signal) {
    const rlimit no_core{};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(signal, SIG_DFL);
    ::raise(signal);
    std::abort();
}

void misbehave(fault how) {
    if (how == fault::crash) die_by(SIGSEGV);
    if (how == fault::quit) ::_exit(3);
    if (how == fault::exception) throw std::out_of_range{"on purpose"};
}

/// A request that can be bad to decode, to run, or to make a response from.
struct trouble {
    fault how = fault::none;
    place where{};
    int number = 0;
};

struct answer {
    fault how = fault::none; ///< When it is encoded.
    int number = 0;
};

answer answer_to(const trouble& t) {
    if (t.where == place::running) misbehave(t.how);
    return {t.where == place::encoding ? t.how : fault::none, t.number};
}

/// The only error among the futures, which are all right otherwise.
task_error only_error(std::vector<future<answer>>& futures, std::size_t bad) {
    std::optional<task_error> found;
    for (std::size_t i = 0; i < futures.size(); ++i)
        try {
            const answer got = futures[i].get();
            CHECK(got.number == static_cast<int>(i));
            CHECK(i != bad);
        } catch (const task_error& error) {
            CHECK(i == bad);
            found = error;
        }
    REQUIRE(found);
    return *found;
}

int same(int n) {
    return n;
}

} // namespace

namespace ladder::process_pool {

template <>
struct codec<trouble> {
    static void append(std::string& bytes, const trouble& t) {
        bytes.append(reinterpret_cast<const char*>(&t), sizeof t);
    }

    static trouble take(std::string_view& bytes) {
        trouble t;
        std::memcpy(&t, take_bytes(bytes, sizeof t).data(), sizeof t);
        if (t.where == place::decoding) misbehave(t.how);
        return t;
    }
};

template <>
struct codec<answer> {
    static void append(std::string& bytes, const answer& a) {
        codec<int>::append(bytes, a.number); // half of it, and then ...
        misbehave(a.how);
        codec<int>::append(bytes, a.number);
    }

    static answer take(std::string_view& bytes) {
        codec<int>::take(bytes);
        return {fault::none, codec<int>::take(bytes)};
    }
};

} // namespace ladder::process_pool

TEST_CASE("crash, exit and exception, in the decoding, the task and the encoding") {
    const auto how = GENERATE(fault::crash, fault::quit, fault::exception);
    const auto where = GENERATE(place::decoding, place::running, place::encoding);
    const std::size_t workers = GENERATE(1, 3);
    INFO("fault " << int(how) << " in place " << int(where) << ", " << workers);
    constexpr std::size_t bad = 20;

    const auto before = leftovers::now();
    {
        process_pool<trouble, answer> pool{answer_to, {.workers = workers}};
        std::vector<future<answer>> futures;
        for (std::size_t i = 0; i < 60; ++i)
            futures.push_back(
                pool.submit({i == bad ? how : fault::none, where, static_cast<int>(i)}));
        const task_error error = only_error(futures, bad);
        if (how == fault::exception) {
            CHECK(error.how() == ending::failed);
            CHECK(error.type() == "std::out_of_range");
            CHECK(error.text() == "on purpose");
            const std::array said{"decoding the request: std::out_of_range: on purpose",
                                  "std::out_of_range: on purpose",
                                  "encoding the response: std::out_of_range: on purpose"};
            CHECK(error.what() == std::string{said.at(static_cast<std::size_t>(where))});
            CHECK(pool.statistics().lost == 0);
        } else {
            CHECK(error.how() == ending::worker_died);
            CHECK_THAT(error.what(),
                       EndsWith(how == fault::crash
                                    ? "killed by SIGSEGV (Segmentation fault)"
                                    : "exited with 3"));
            CHECK(pool.statistics().lost == 2);
            CHECK(pool.statistics().retries == 1); // nobody else was begun again
        }
        CHECK(pool.submit({}).get().number == 0); // the pool goes on
        pool.join();
    }
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("a task that kills two workers fails with the name of the signal") {
    const int signal = GENERATE(SIGKILL, SIGTERM, SIGSEGV, SIGBUS, SIGFPE, SIGILL,
                                SIGABRT, SIGALRM, SIGPIPE, SIGUSR1);
    process_pool<int, int> pool{[](int number) -> int { die_by(number); },
                                {.workers = 2}};
    auto future = pool.submit(signal);
    try {
        future.get();
        FAIL("it has a response");
    } catch (const task_error& error) {
        CHECK_THAT(error.what(),
                   ContainsSubstring(fmt::format("SIG{} ", ::sigabbrev_np(signal))));
    }
    CHECK(pool.statistics().lost == 2);
}

TEST_CASE("a worker that dies once costs a retry, and nothing else") {
    const counter deaths;
    process_pool<int, int> pool{[&](int n) {
                                    if (n == 50 && ++*deaths == 1) die_by(SIGKILL);
                                    return n;
                                },
                                {.workers = 2}};
    std::vector<int> requests(100);
    std::iota(requests.begin(), requests.end(), 0);
    CHECK(pool.map(requests) == requests);
    CHECK(pool.statistics().lost == 1);
    CHECK(pool.statistics().retries == 1);
}

TEST_CASE("exit(3) in a task is a worker's death like any other") {
    process_pool<int, int> pool{[](int n) -> int {
                                    if (n == 1) std::quick_exit(0);
                                    return n;
                                },
                                {.workers = 1}};
    auto bad = pool.submit(1);
    auto good = pool.submit(2);
    CHECK_THROWS_AS(bad.get(), task_error); // although the exit status says success
    CHECK(good.get() == 2);
}

TEST_CASE("workers that die while idle are replaced, and blame no task") {
    process_pool<int, int> pool{same, {.workers = 3}};
    CHECK(pool.submit(1).get() == 1);
    for (int round = 0; round < 5; ++round) {
        for (const pid_t pid : pool.pids())
            ::kill(pid, SIGKILL);
        std::vector<int> requests(30, round);
        CHECK(pool.map(requests) == requests);
    }
    CHECK(pool.statistics().lost >= 5);
    CHECK(pool.statistics().retries == 0);
    pool.join();
}

TEST_CASE("a worker dies while its request is half in the pipe") {
    process_pool<std::string, std::size_t> pool{
        [](const std::string& text) { return text.size(); }, {.workers = 1}};
    ::kill(pool.pids().front(), SIGSTOP); // it reads nothing
    auto future = pool.submit(std::string(50'000'000, 'x'));
    ::kill(pool.pids().front(), SIGKILL);
    CHECK(future.get() == 50'000'000);
    CHECK(pool.statistics().lost == 1);
    CHECK(pool.statistics().retries == 0); // it was never begun
}

TEST_CASE("a worker dies while its response is half in the pipe") {
    const counter begun;
    process_pool<int, std::string> pool{[&](int) {
                                            ++*begun;
                                            return std::string(50'000'000, 'x');
                                        },
                                        {.workers = 1}};
    auto future = pool.submit(1);
    const pid_t pid = pool.pids().front();
    wait_until([&] { return *begun == 1; }, "the task");
    // From here on it sleeps for one reason: nobody takes its response.
    wait_until(
        [&] {
            std::ifstream file{fmt::format("/proc/{}/stat", pid)};
            std::string text{std::istreambuf_iterator<char>{file}, {}};
            return text.at(text.rfind(')') + 2) == 'S';
        },
        "a full pipe");
    ::kill(pid, SIGKILL);
    CHECK(future.get().size() == 50'000'000);
    CHECK(*begun == 2);
    CHECK(pool.statistics().retries == 1);
}

TEST_CASE("two workers kill each other") {
    const counter here, there;
    process_pool<std::vector<int>, int> pool{
        [&](const std::vector<int>& workers) {
            if (*there == 2) return 1;     // the second time
            std::signal(SIGTERM, SIG_DFL); // Catch2 has a handler
            sigset_t term;
            sigemptyset(&term);
            sigaddset(&term, SIGTERM);
            sigprocmask(SIG_BLOCK, &term, nullptr);
            ladder::meet(*here, 2);
            for (const int worker : workers)
                if (worker != ::getpid()) ::kill(worker, SIGTERM);
            ladder::meet(*there, 2); // both have been shot, and now they notice
            sigprocmask(SIG_UNBLOCK, &term, nullptr);
            ladder::wait_for_ever();
        },
        {.workers = 2}};
    const auto pids = pool.pids();
    CHECK(pool.map(std::vector(2, std::vector<int>(pids.begin(), pids.end()))) ==
          std::vector{1, 1});
    CHECK(pool.statistics().lost == 2);
    CHECK(pool.statistics().retries == 2);
}

TEST_CASE("a worker that closes its socket, and lives, is as good as dead") {
    process_pool<int, int> pool{[](int n) {
                                    if (n != 1) return n;
                                    for (int fd = 3; fd < 1024; ++fd)
                                        ::close(fd);
                                    ladder::wait_for_ever();
                                },
                                {.workers = 1}};
    auto bad = pool.submit(1);
    CHECK_THROWS_AS(bad.get(), task_error);
    CHECK(pool.submit(2).get() == 2);
    CHECK(pool.statistics().lost == 2);
}

TEST_CASE("what a task leaves behind does not hide the worker's death") {
    const ladder::shared<std::array<std::atomic<pid_t>, 2>> left;
    const counter tries;
    process_pool<int, int> pool{[&](int) -> int {
                                    const pid_t child = ::fork();
                                    if (child == 0) ladder::wait_for_ever();
                                    left->at(static_cast<std::size_t>((*tries)++)) =
                                        child;
                                    die_by(SIGKILL);
                                },
                                {.workers = 1}};
    auto future = pool.submit(1);
    CHECK_THROWS_AS(future.get(), task_error);
    for (const auto& pid : *left) {
        const ladder::process_watch watch{pid};
        ::kill(pid, SIGKILL);
        CHECK(watch.ended());
    }
}

TEST_CASE("a worker that talks nonsense is killed") {
    process_pool<int, int> pool{
        [](int n) {
            if (n == 1) // a bug that writes to every descriptor it finds
                for (int fd = 3; fd < 1024; ++fd)
                    if (::send(fd, "this is no frame, is it? no", 27, MSG_NOSIGNAL) > 0)
                        continue;
            return n;
        },
        {.workers = 1}};
    auto bad = pool.submit(1);
    CHECK_THROWS_AS(bad.get(), task_error);
    CHECK(pool.submit(2).get() == 2);
}

TEST_CASE("no worker survives the death of the parent") {
    const bool busy = GENERATE(false, true);
    auto ends = ladder::processes::make_pipe();
    auto parent = child_process::fork(
        [&] {
            const counter begun;
            process_pool<int, int> pool{[&](int) -> int {
                                            ++*begun;
                                            for (volatile int burn = 0;;)
                                                burn = burn + 1;
                                        },
                                        {.workers = 3}};
            for (int i = 0; busy && i < 3; ++i)
                pool.submit(i);
            if (busy) wait_until([&] { return *begun == 3; }, "the tasks");
            std::string said;
            for (const pid_t pid : pool.pids())
                said += std::to_string(pid) + ' ';
            ladder::processes::write_all(ends.write.get(), said + "\n");
            ladder::wait_for_ever();
            return 0;
        },
        {.die_with_parent = true});
    ends.write.reset();

    std::string line;
    for (char c = 0; ::read(ends.read.get(), &c, 1) == 1 && c != '\n';)
        line += c;
    std::vector<ladder::process_watch> workers;
    std::istringstream pids{line};
    for (pid_t pid = 0; pids >> pid;)
        workers.emplace_back(pid);
    REQUIRE(workers.size() == 3);
    parent.kill(SIGKILL);
    parent.wait();
    for (const auto& worker : workers)
        CHECK(worker.ended());
}

TEST_CASE("100 kills at random while 10,000 tasks run: each has exactly one outcome") {
    constexpr int count = 10'000, kills = 100;
    std::mt19937 random{Catch::getSeed()};
    const auto before = leftovers::now();
    std::vector<int> outcomes(count);
    int ended = 0, wrong = 0, killed = 0, failed = 0;
    {
        process_pool<int, int> pool{[](int n) {
                                        volatile int burn = 0;
                                        for (int i = 0; i < n % 1000 * 100; ++i)
                                            burn = burn + 1;
                                        return 3 * n;
                                    },
                                    {.workers = 4}};
        for (int i = 0; i < count; ++i)
            pool.submit(i, [&, i](const result<int>& r) {
                ++outcomes[static_cast<std::size_t>(i)];
                if (!r.ok()) try {
                        ++failed;
                        r.get();
                    } catch (const task_error& error) { // it was hit twice
                        CHECK(error.how() == ending::worker_died);
                        CHECK_THAT(error.what(), ContainsSubstring("SIGKILL"));
                    }
                else if (r.get() != 3 * i)
                    ++wrong;
                if (++ended % (count / kills) != 0) return;
                const auto pids = pool.pids();
                ::kill(pids.at(random() % pids.size()), SIGKILL);
                ++killed;
            });
        pool.join();
        CHECK(pool.statistics().lost > 0);
        CHECK(pool.statistics().lost <= kills);
    }
    CHECK(killed == kills);
    CHECK(ended == count);
    CHECK(wrong == 0);
    CHECK(failed < kills / 2);
    CHECK(outcomes == std::vector<int>(count, 1));
    CHECK(leftovers::since(before) == "");
}

TEST_CASE("a page whose worker is killed is fetched by another") {
    const ladder::slow_server server;
    // The pool of fetch_all is out of reach, so the same with a pool of our own.
    process_pool<std::string, int> pool{
        [&](const std::string& url) { return ladder::serial::fetch(url, {}).status; },
        {.workers = 2, .ahead = 0}};
    auto page = pool.submit(server.url("/delay/300"));
    wait_until([&] { return server.stats().in_flight == 1; }, "the request");
    ::kill(pool.pids().front(), SIGKILL);
    CHECK(page.get() == 200);
    CHECK(server.stats().requests == 2);
}
