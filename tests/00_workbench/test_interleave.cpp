#include "workbench/interleave.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using ladder::interleave::actor;
using ladder::interleave::event;
using ladder::interleave::script;
using namespace std::chrono_literals;

namespace {

constexpr int rounds = 100;
const std::vector<std::string> b_deposits_in_between = {"A: after read",
                                                        "B: after write"};

// No data race, only a lost update: the read and the write are two steps.
void deposit_one(std::atomic<int>& balance) {
    const int read = balance.load(std::memory_order_relaxed);
    ladder::point("after read");
    balance.store(read + 1, std::memory_order_relaxed);
    ladder::point("after write");
}

void play(const std::function<void()>& work) {
    const auto as = [&](std::string name) {
        return std::thread{[&work, name = std::move(name)] {
            const actor me{name};
            work();
        }};
    };
    std::thread a = as("A"), b = as("B");
    a.join();
    b.join();
}

int in_child(const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        work();
        ::_exit(0);
    }
    return child;
}

// What both processes see; anonymous, so that no name is left behind.
template <class T>
class shared_memory {
public:
    shared_memory()
        : value_(new (::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0)) T{}) {}

    ~shared_memory() { ::munmap(value_, sizeof(T)); }

    shared_memory(const shared_memory&) = delete;
    shared_memory& operator=(const shared_memory&) = delete;

    T* operator->() const { return value_; }

private:
    T* value_;
};

struct account {
    std::atomic<int> balance{0};
    pthread_mutex_t mutex{};

    account() {
        pthread_mutexattr_t shared;
        ::pthread_mutexattr_init(&shared);
        ::pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
        ::pthread_mutex_init(&mutex, &shared);
        ::pthread_mutexattr_destroy(&shared);
    }
};

void play_in_processes(const std::function<void()>& work) {
    const auto as = [&](const std::string& name) {
        return in_child([&work, &name] {
            const actor me{name};
            work();
        });
    };
    const pid_t a = as("A"), b = as("B");
    ::waitpid(a, nullptr, 0);
    ::waitpid(b, nullptr, 0);
}

} // namespace

TEST_CASE("without a script, points and actors are passed freely") {
    std::atomic<int> balance{0};
    play([&] {
        for (int i = 0; i < 1000; ++i)
            ladder::point("anywhere");
        balance.fetch_add(1);
    });
    CHECK(balance == 2);
}

TEST_CASE("two threads lose an update in every round") {
    int lost = 0;
    for (int i = 0; i < rounds; ++i) {
        const script order{b_deposits_in_between};
        std::atomic<int> balance{0};
        play([&] { deposit_one(balance); });
        CHECK(order.forced());
        CHECK(order.gave_way().empty());
        lost += balance == 1;
    }
    CHECK(lost == rounds);
}

TEST_CASE("two processes lose an update in every round") {
    int lost = 0;
    for (int i = 0; i < rounds; ++i) {
        const shared_memory<account> shared;
        const script order{b_deposits_in_between};
        play_in_processes([&] { deposit_one(shared->balance); });
        CHECK(order.forced());
        lost += shared->balance == 1;
    }
    CHECK(lost == rounds);
}

TEST_CASE("the report is the order of events that happened") {
    const script order{{"A: after read", "B: after write"}};
    std::atomic<int> balance{0};
    play([&] { deposit_one(balance); });
    CHECK(order.report() == std::vector<event>{{"A", "after read"},
                                               {"B", "after read"},
                                               {"B", "after write"},
                                               {"A", "after write"}});
}

TEST_CASE("a report is drawn as a line for each actor") {
    const std::vector<event> lost{
        {"A", "after read"}, {"B", "after read"}, {"B", "after write"}, {"A", "done"}};
    CHECK(ladder::interleave::draw(lost) ==
          "  A   after read ─────────────────────────────── done\n"
          "  B                 after read ── after write\n");
    CHECK(ladder::interleave::draw({{"main", "x"}, {"B", "y"}}) == "  main   x\n"
                                                                   "  B           y\n");
    CHECK(ladder::interleave::draw({}).empty());
}

TEST_CASE("a long report goes on beneath") {
    const std::vector<event> report(5, {"A", "a point with a name that is quite long"});
    const std::string line = "  A   a point with a name that is quite long";
    CHECK(ladder::interleave::draw(report) ==
          line + " ── a point with a name that is quite long\n\n" + line +
              " ── a point with a name that is quite long\n\n" + line + "\n");
}

TEST_CASE("a script goes to and fro as often as it says") {
    for (int i = 0; i < rounds; ++i) {
        const script order{{"B: step", "A: step", "A: step", "B: step", "A: step"}};
        play([] {
            for (int step = 0; step < 3; ++step)
                ladder::point("step");
        });
        CHECK(order.forced());
        const auto report = order.report();
        REQUIRE(report.size() == 6);
        std::string actors;
        for (const auto& each : report)
            actors += each.actor;
        CHECK(actors == "BAABAB");
    }
}

TEST_CASE("threads that are no actors of the script are never held") {
    const script order{{"A: never reached"}};
    std::thread bystander{[] {
        const actor me{"C"};
        ladder::point("never reached");
    }};
    bystander.join();
    std::thread nameless{[] { ladder::point("never reached"); }};
    nameless.join();
    CHECK_FALSE(order.forced());
    CHECK(order.report() == std::vector<event>{{"C", "never reached"}});
}

TEST_CASE("with a mutex no update is lost and the script gives way") {
    for (int i = 0; i < rounds; ++i) {
        const script order{b_deposits_in_between};
        std::atomic<int> balance{0};
        std::mutex mutex;
        play([&] {
            const std::lock_guard lock{mutex};
            deposit_one(balance);
        });
        REQUIRE(balance == 2);
        REQUIRE_FALSE(order.forced());
        REQUIRE(order.gave_way() == "B is blocked in the kernel");
    }
}

TEST_CASE("with a shared mutex two processes lose no update and the script gives way") {
    for (int i = 0; i < rounds / 4; ++i) {
        const shared_memory<account> shared;
        const script order{b_deposits_in_between};
        play_in_processes([&] {
            ::pthread_mutex_lock(&shared->mutex);
            deposit_one(shared->balance);
            ::pthread_mutex_unlock(&shared->mutex);
        });
        REQUIRE(shared->balance == 2);
        REQUIRE_FALSE(order.forced());
        REQUIRE(order.gave_way() == "B is blocked in the kernel");
    }
}

TEST_CASE("an actor that sleeps for a moment is waited for") {
    const script order{b_deposits_in_between};
    std::atomic<int> balance{0};
    play([&] {
        std::this_thread::sleep_for(100ms); // stands for I/O, not for an order
        deposit_one(balance);
    });
    CHECK(order.forced());
    CHECK(balance == 1);
}

TEST_CASE("the script gives way when an actor ends without coming to its point") {
    const script order{{"A: after read", "B: somewhere else"}};
    std::atomic<int> balance{0};
    play([&] { deposit_one(balance); });
    CHECK_FALSE(order.forced());
    CHECK(order.gave_way() == "B has ended");
}

TEST_CASE("the script gives way when a process is killed in its turn") {
    const script order{{"A: start", "B: never", "A: end"}};
    const pid_t a = in_child([] {
        const actor me{"A"};
        ladder::point("start");
        ladder::point("end");
    });
    const pid_t b = in_child([] {
        const actor me{"B"};
        ::kill(::getpid(), SIGKILL);
    });
    int status = -1;
    CHECK(::waitpid(a, &status, 0) == a); // B is a zombie meanwhile
    CHECK(status == 0);
    CHECK(::waitpid(b, &status, 0) == b);
    CHECK(WIFSIGNALED(status));
    CHECK_FALSE(order.forced());
    CHECK(order.gave_way() == "B has ended");
}

TEST_CASE("patience is the last resort, for an actor that never comes") {
    const script order{{"A: after read", "C: never"}, {.patience = 100ms}};
    std::atomic<int> came{0};
    play([&] {
        ladder::point("after read");
        ++came;
    });
    CHECK(came == 2);
    CHECK_FALSE(order.forced());
    CHECK(order.gave_way() == "C did not come in time");
}

TEST_CASE("the script gives way when an actor spins") {
    const script order{b_deposits_in_between,
                       {.patience = 1h}}; // it gets little of a core
    std::atomic<int> balance{0};
    std::atomic_flag locked;
    play([&] {
        while (locked.test_and_set())
            std::this_thread::yield();
        deposit_one(balance);
        locked.clear();
    });
    CHECK(balance == 2);
    CHECK_FALSE(order.forced());
    // On a machine that is busy, who yields gets hardly any time on a core.
    CHECK((order.gave_way() == "B runs, and does not come" ||
           order.gave_way() == "B did not come in time"));
}

// Two "fibers" without a library: the second runs whenever the first one yields.
namespace {
const void* current_fiber = nullptr;
std::function<void()> other_fiber;

void switch_to_other() {
    if (!other_fiber) return;
    const auto run = std::exchange(other_fiber, nullptr);
    const void* const me = std::exchange(current_fiber, &other_fiber);
    run();
    current_fiber = me;
}
} // namespace

TEST_CASE("two fibers of one thread lose an update") {
    const script order{b_deposits_in_between,
                       {.yield = switch_to_other, .self = [] { return current_fiber; }}};
    std::atomic<int> balance{0};
    current_fiber = &balance;
    other_fiber = [&] {
        const actor me{"B"};
        deposit_one(balance);
    };
    {
        const actor me{"A"};
        deposit_one(balance);
    }
    CHECK(order.forced());
    CHECK(balance == 1);
}

TEST_CASE("the script gives way to fibers that wait for each other") {
    const script order{{"A: holds the lock", "B: holds the lock"},
                       {.yield = switch_to_other, .self = [] { return current_fiber; }}};
    current_fiber = &order;
    // B came to a lock that A holds, and has yielded; it exists, but is not ready.
    std::optional<actor> b;
    other_fiber = [&] { b.emplace("B"); };
    {
        const actor me{"A"};
        ladder::point("holds the lock");
    }
    CHECK_FALSE(order.forced());
    CHECK(order.gave_way() == "B is a fiber that does not go on");
}

TEST_CASE("a script that cannot be read is refused") {
    CHECK_THROWS_AS(script({"no colon"}), std::invalid_argument);
    CHECK_THROWS_AS(script({": no actor"}), std::invalid_argument);
    CHECK_THROWS_AS(script({"A: "}), std::invalid_argument);
    CHECK_THROWS_AS(script({std::string(16, 'A') + ": too long"}), std::invalid_argument);
    const script one{{"A: here"}};
    CHECK_THROWS_AS(script({"A: here"}), std::logic_error);
}
