// What explore() says of small programs with every kind of lock, notice and atomic: those
// that are right hold in every order, and those that are wrong fail for their reason.

#include "workbench/explore/explore.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using ladder::explore;
using ladder::explore_report;
using ladder::require;
using namespace std::chrono_literals;

namespace {

/// Both in threads of their own.
void play(const std::function<void()>& a, const std::function<void()>& b) {
    std::thread first{a}, second{b};
    first.join();
    second.join();
}

std::string failure_of(const std::function<void()>& body, int preemptions = 2) {
    const auto report = explore({.preemptions = preemptions}, body);
    INFO(report.text());
    return report.failure;
}

bool holds(const std::function<void()>& body) {
    const auto report = explore({.preemptions = 2}, body);
    UNSCOPED_INFO(report.text());
    return report.holds() && report.preemptions >= 2;
}

} // namespace

TEST_CASE("the lost update is found with one interruption, and drawn") {
    const auto report = explore({.preemptions = 2}, [] {
        std::atomic<int> balance = 0;
        const auto deposit = [&] {
            balance = balance + 1; // in two steps
        };
        play(deposit, deposit);
        require(balance == 2, "a deposit is lost");
    });
    INFO(report.text());
    CHECK(report.failure == "a deposit is lost");
    CHECK(report.preemptions == 0); // nobody interrupted: it held
    CHECK(report.drawing.find("is interrupted here") != std::string::npos);
    CHECK(report.drawing.find("balance = balance + 1") != std::string::npos);
    CHECK(report.drawing.find("reads 0") != std::string::npos);
}

TEST_CASE("what the orders come to is counted, those that lose too") {
    const auto report = explore({.preemptions = 2}, [] {
        std::atomic<int> balance = 0;
        const auto deposit = [&] { balance = balance + 1; };
        play(deposit, deposit);
        ladder::outcome("balance " + std::to_string(balance));
    });
    CHECK(report.holds());
    REQUIRE(report.outcomes.size() == 2);
    CHECK(report.outcomes[0].first == "balance 2");
    CHECK(report.outcomes[1].first == "balance 1");
    CHECK(report.outcomes[0].second + report.outcomes[1].second == report.orders);
}

TEST_CASE("an order can be played again") {
    const auto body = [] {
        int balance = 0;
        const auto deposit = [&] { balance = balance + 1; };
        play(deposit, deposit);
        require(balance == 2, "a deposit is lost");
    };
    const auto report = explore({.preemptions = 2}, body);
    REQUIRE(report.failure == "a deposit is lost");
    const auto again = explore({.replay = report.order}, body);
    CHECK(again.failure == report.failure);
    CHECK(again.orders == 1);
    CHECK(again.order == report.order);
}

TEST_CASE("one in which somebody does not get a lock can be played again, too") {
    const auto body = [] {
        std::mutex mutex;
        bool both = true;
        const auto try_it = [&] {
            const std::unique_lock lock{mutex, std::try_to_lock};
            if (!lock) both = false;
        };
        play(try_it, try_it);
        require(both, "one was refused");
    };
    const auto report = explore({.preemptions = 2}, body);
    REQUIRE(report.failure == "one was refused");
    CHECK(explore({.replay = report.order}, body).failure == report.failure);
}

TEST_CASE("random orders find it, too, and the same seed the same one") {
    const auto body = [] {
        std::atomic<int> balance = 0;
        const auto deposit = [&] { balance = balance + 1; };
        play(deposit, deposit);
        require(balance == 2, "a deposit is lost");
    };
    const auto report = explore({.preemptions = 2, .random = 1'000, .seed = 7}, body);
    CHECK(report.failure == "a deposit is lost");
    CHECK(explore({.preemptions = 2, .random = 1'000, .seed = 7}, body).orders ==
          report.orders);
}

TEST_CASE("what a mutex guards holds") {
    CHECK(holds([] {
        std::mutex mutex;
        int balance = 0;
        const auto deposit = [&] {
            const std::lock_guard lock{mutex};
            balance = balance + 1;
        };
        play(deposit, deposit);
        require(balance == 2, "a deposit is lost");
    }));
}

TEST_CASE("a data race is one, though nothing goes wrong") {
    CHECK(failure_of([] {
              int a = 0;
              play([&] { a = 1; }, [&] { a = 1; });
          }).starts_with("a data race: "));
}

TEST_CASE("neighbouring bytes are no race") {
    CHECK(holds([] {
        struct {
            char a = 0, b = 0;
            std::atomic<char> c = 0;
        } x;
        play([&] { x.a = 1, x.c = 1; }, [&] { x.b = 1; });
    }));
}

TEST_CASE("two locks in two orders are a deadlock") {
    CHECK(failure_of([] {
              std::mutex m, n;
              play([&] { const std::lock_guard one{m}, other{n}; },
                   [&] { const std::lock_guard one{n}, other{m}; });
          }).starts_with("nobody can go on:"));
}

TEST_CASE("two locks by scoped_lock are none") {
    CHECK(holds([] {
        std::mutex m, n;
        play(
            [&] {
                const std::scoped_lock both{m, n};
            },
            [&] {
                const std::scoped_lock both{n, m};
            });
    }));
}

TEST_CASE("a notice before the sleep is lost") {
    const auto failure = failure_of([] {
        std::mutex mutex;
        std::condition_variable changed;
        std::atomic<bool> ready = false;
        play(
            [&] {
                std::unique_lock lock{mutex};
                if (!ready) changed.wait(lock);
            },
            [&] {
                ready = true; // without the lock
                changed.notify_one();
            });
    });
    CHECK(failure == "nobody can go on: main waits for the end of A, A sleeps");
}

TEST_CASE("a notice under the lock is not lost") {
    CHECK(holds([] {
        std::mutex mutex;
        std::condition_variable changed;
        bool ready = false;
        play(
            [&] {
                std::unique_lock lock{mutex};
                changed.wait(lock, [&] { return ready; });
            },
            [&] {
                const std::lock_guard lock{mutex};
                ready = true;
                changed.notify_one();
            });
    }));
}

TEST_CASE("a wait with a limit ends, and its clock goes on") {
    CHECK(holds([] {
        std::mutex mutex;
        std::condition_variable changed;
        std::unique_lock lock{mutex};
        const auto begin = std::chrono::steady_clock::now();
        require(!changed.wait_for(lock, 1h, [] { return false; }), "it is so");
        require(std::chrono::steady_clock::now() - begin >= 1h, "it ended too early");
    }));
}

TEST_CASE("a release and an acquire order what is not atomic") {
    CHECK(holds([] {
        int data = 0;
        std::atomic<bool> ready = false;
        play(
            [&] {
                data = 7;
                ready.store(true, std::memory_order_release);
            },
            [&] {
                if (ready.load(std::memory_order_acquire)) require(data == 7, "not 7");
            });
    }));
}

TEST_CASE("relaxed ones do not") {
    CHECK(failure_of([] {
              int data = 0;
              std::atomic<bool> ready = false;
              play(
                  [&] {
                      data = 7;
                      ready.store(true, std::memory_order_relaxed);
                  },
                  [&] {
                      if (ready.load(std::memory_order_relaxed)) data = 8;
                  });
          }).starts_with("a data race: "));
}

TEST_CASE("fences do, with relaxed ones") {
    CHECK(holds([] {
        int data = 0;
        std::atomic<bool> ready = false;
        play(
            [&] {
                data = 7;
                std::atomic_thread_fence(std::memory_order_release);
                ready.store(true, std::memory_order_relaxed);
            },
            [&] {
                if (!ready.load(std::memory_order_relaxed)) return;
                std::atomic_thread_fence(std::memory_order_acquire);
                require(data == 7, "not 7");
            });
    }));
}

TEST_CASE("a spin lock is a lock") {
    CHECK(holds([] {
        std::atomic_flag taken;
        int balance = 0;
        const auto deposit = [&] {
            while (taken.test_and_set(std::memory_order_acquire))
                std::this_thread::yield();
            balance = balance + 1;
            taken.clear(std::memory_order_release);
        };
        play(deposit, deposit);
        require(balance == 2, "a deposit is lost");
    }));
}

TEST_CASE("looking for what never comes does not end") {
    CHECK(failure_of([] {
              std::atomic<bool> ready = false;
              while (!ready) {
              }
          }) == "main looks again and again, and does not sleep");
}

TEST_CASE("who waits on an atomic is woken, and a forgotten notice is found") {
    CHECK(holds([] {
        std::atomic<int> value = 0;
        play([&] { value.wait(0); },
             [&] {
                 value = 1;
                 value.notify_one();
             });
    }));
    CHECK(failure_of([] {
              std::atomic<int> value = 0;
              play([&] { value.wait(0); }, [&] { value = 1; });
          }).starts_with("nobody can go on:"));
}

TEST_CASE("semaphores, latches and barriers are what they say") {
    CHECK(holds([] {
        std::binary_semaphore turn{0};
        int data = 0;
        play(
            [&] {
                data = 7;
                turn.release();
            },
            [&] {
                turn.acquire();
                require(data == 7, "not 7");
            });
    }));
    CHECK(holds([] {
        std::latch both{2};
        int a = 0, b = 0;
        play(
            [&] {
                a = 1;
                both.arrive_and_wait();
                require(b == 1, "B is not there");
            },
            [&] {
                b = 1;
                both.arrive_and_wait();
                require(a == 1, "A is not there");
            });
    }));
    CHECK(explore({.preemptions = 1}, [] {
              std::barrier both{2};
              play([&] { both.arrive_and_wait(); }, [&] { both.arrive_and_wait(); });
          }).holds());
}

TEST_CASE("readers share a lock, and a writer has it alone") {
    CHECK(holds([] {
        std::shared_mutex mutex;
        int value = 0;
        play(
            [&] {
                const std::shared_lock lock{mutex};
                const int first = value;
                require(value == first, "it changed");
            },
            [&] {
                const std::unique_lock lock{mutex};
                ++value;
            });
    }));
    CHECK(failure_of([] {
              std::shared_mutex mutex;
              int value = 0;
              const auto add = [&] {
                  const std::shared_lock lock{mutex};
                  ++value;
              };
              play(add, add);
          }).starts_with("a data race: "));
}

TEST_CASE("once is once") {
    CHECK(holds([] {
        std::once_flag once;
        int made = 0;
        const auto make = [&] { std::call_once(once, [&] { ++made; }); };
        play(make, make);
        require(made == 1, "it was made twice");
    }));
}

TEST_CASE("futures, promises and exceptions through them") {
    CHECK(holds([] {
        std::promise<int> one, other;
        std::thread a{[&] {
            one.set_value(7);
            other.set_exception(std::make_exception_ptr(std::runtime_error{"no luck"}));
        }};
        require(one.get_future().get() == 7, "not 7");
        try {
            other.get_future().get();
            require(false, "nothing is thrown");
        } catch (const std::runtime_error& error) {
            require(std::string{error.what()} == "no luck", "another error");
        }
        a.join();
    }));
    CHECK(holds([] {
        auto answer = std::async(std::launch::async, [] { return 42; });
        require(answer.get() == 42, "not 42");
    }));
}

TEST_CASE("a jthread that sleeps can be asked to stop") {
    CHECK(explore({.preemptions = 1}, [] {
              std::mutex mutex;
              std::condition_variable_any never;
              std::jthread sleeper{[&](const std::stop_token& stop) {
                  std::unique_lock lock{mutex};
                  never.wait(lock, stop, [] { return false; });
              }};
          }).holds());
}

TEST_CASE("a shared_ptr is let go by whoever is last") {
    CHECK(holds([] {
        auto one = std::make_shared<int>(7);
        play([copy = one]() mutable { copy.reset(); },
             [copy = one]() mutable { copy.reset(); });
        require(*one == 7, "not 7");
        one.reset();
    }));
}

TEST_CASE("what is deleted while another thread uses it is found") {
    const auto failure = failure_of([] {
        auto* const number = new std::atomic<int>{0};
        std::thread a{[&] { ++*number; }};
        delete number;
        a.join();
    });
    const bool found =
        failure == "A uses what main has deleted" || failure.starts_with("a data race: ");
    INFO(failure);
    CHECK(found);
}

TEST_CASE("a crash, an exception and an end are failures of their order") {
    CHECK(failure_of([] {
              volatile int* nowhere = nullptr;
              *nowhere = 1;
          }) == "the program is ended by SEGV (Segmentation fault)");
    CHECK(failure_of([] { throw 42; }) == "an exception leaves the body");
    CHECK(failure_of([] { std::exit(3); }) == "the program ends itself, status 3");
}

TEST_CASE("a mutex is unlocked by whoever locked it") {
    CHECK(failure_of([] {
              std::mutex mutex;
              mutex.lock();
              std::thread a{[&] { mutex.unlock(); }};
              a.join();
          }) == "a mutex is unlocked by a thread that did not lock it");
}

TEST_CASE("a body that must sleep for ever does, or fails") {
    const auto forever = [](const std::function<void()>& body) {
        return explore({.preemptions = 2, .ends_asleep = true}, body).failure;
    };
    CHECK(forever([] { std::binary_semaphore{0}.acquire(); }).empty());
    CHECK(forever([] {}) == "the body comes to its end; it should have to wait");
    CHECK(forever([] { std::this_thread::sleep_for(1h); }) ==
          "a thread wakes up by itself to look again; nobody woke it");
    CHECK(forever([] {
              std::atomic<bool> ready = false;
              while (!ready) {
              }
          }) == "main looks again and again, and does not sleep");
}

TEST_CASE("it says how many orders there were, and what is not covered") {
    const auto report = explore({.preemptions = 1}, [] {
        std::atomic<int> sum = 0;
        play([&] { sum += 1; }, [&] { sum += 2; });
        require(sum == 3, "the sum is not 3");
    });
    CHECK(report.holds());
    CHECK(report.text().find("Not covered: ") != std::string::npos);
    const auto alone = explore({.preemptions = 1}, [] {});
    CHECK(alone.orders == 1);
    CHECK(alone.preemptions == explore_report::all);
}

TEST_CASE("it stops when its time is over, and says so") {
    const auto report = explore({.preemptions = 20, .seconds = 0.05}, [] {
        std::atomic<int> sum = 0;
        const auto add = [&] {
            for (int i = 0; i < 30; ++i)
                sum = sum + 1;
        };
        play(add, add);
    });
    CHECK(report.holds());
    CHECK(report.preemptions < 20);
}
