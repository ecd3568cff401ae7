// Fibers that share something, and fibers that wait for each other.

#include "fiber_group.hpp"

#include <boost/fiber/barrier.hpp>
#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/future.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>
#include <fmt/format.h>

#include <functional>
#include <mutex>
#include <stdexcept>

namespace ladder::fibers {

namespace {

/// How often, of 100 times, one of two deposits of 1 is lost.
int lost_of_100(const std::function<void(int& balance)>& deposit) {
    int lost = 0;
    for (int i = 0; i < 100; ++i) {
        int balance = 0;
        fiber_group group;
        group.spawn([&] { deposit(balance); });
        group.spawn([&] { deposit(balance); });
        group.join();
        lost += balance == 2 ? 0 : 1;
    }
    return lost;
}

} // namespace

int show_update() {
    const auto at_once = [](int& balance) {
        const int read = balance;
        balance = read + 1;
    };
    const auto with_a_wait = [](int& balance) {
        const int read = balance;
        boost::this_fiber::yield(); // or a sleep, a channel, a page from the network
        balance = read + 1;
    };
    boost::fibers::mutex mutex;
    const auto locked = [&](int& balance) {
        const std::lock_guard lock{mutex};
        with_a_wait(balance);
    };
    fmt::print("Two fibers deposit 1 each, 100 times. Lost:\n\n"
               "read and write at once             {:>3}\n"
               "a wait between read and write      {:>3}\n"
               "a wait, and a mutex for fibers     {:>3}\n",
               lost_of_100(at_once), lost_of_100(with_a_wait), lost_of_100(locked));
    return 0;
}

int show_channel() {
    // [channel]
    boost::fibers::buffered_channel<int> pages{4}; // holds 3: one place stays empty
    fiber_group group;
    group.spawn([&] {
        for (int page = 1; page <= 5; ++page) {
            fmt::print("made {}\n", page);
            pages.push(page); // waits while the channel is full
        }
        pages.close();
    });
    group.spawn([&] {
        for (const int page : pages) // waits while it is empty, ends when it is closed
            fmt::print("           has {}\n", page);
    });
    group.join();
    // [/channel]
    return 0;
}

int show_future() {
    boost::fibers::future<int> sum = boost::fibers::async([] {
        boost::this_fiber::yield();
        return 40 + 2;
    });
    boost::fibers::future<int> none = boost::fibers::async(
        []() -> int { throw std::runtime_error{"there is no result"}; });
    fmt::print("the result: {}\n", sum.get()); // only this fiber waits
    try {
        none.get();
    } catch (const std::runtime_error& error) {
        fmt::print("the error:  {}\n", error.what());
    }
    return 0;
}

int show_barrier() {
    boost::fibers::barrier all{3};
    fiber_group group;
    for (int name = 1; name <= 3; ++name)
        group.spawn([&, name] {
            for (int round = 1; round <= 2; ++round) {
                for (int i = 0; i < name; ++i) // the first one is ready first
                    boost::this_fiber::yield();
                fmt::print("fiber {} is ready with round {}\n", name, round);
                if (all.wait()) fmt::print("-- all are\n"); // true for the last one
            }
        });
    group.join();
    return 0;
}

} // namespace ladder::fibers
