// asio::thread_pool beside ours, and what threads cost that do nothing but wait.

#include "serial/serial.hpp"
#include "thread_pool.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include <latch>

namespace ladder::thread_pool {

namespace {

using ms = std::chrono::duration<double, std::milli>;

std::string come_or_not(std::future<int>& receipt) {
    try {
        return fmt::format("{}", receipt.get());
    } catch (const std::exception& error) {
        return error.what();
    }
}

/// `call` hands a function in and returns a future; `end` waits for all of them.
void play(const char* whose, const std::function<std::future<int>(int (*)())>& call,
          const std::function<void(const std::function<void()>&)>& post,
          const std::function<void()>& end) {
    auto good = call([] { return 42; });
    auto bad = call([]() -> int { throw std::runtime_error{"no such page"}; });
    const slow_server server;
    const auto url = server.url("/delay/100");
    const stopwatch watch;
    for (int i = 0; i < 20; ++i)
        post([&] { serial::fetch(url, {}); });
    end();
    fmt::print("{:<18}  {}, {}; 20 pages in {:.0f} ms, {} in flight\n", whose,
               come_or_not(good), come_or_not(bad), ms{watch.elapsed().wall}.count(),
               server.stats().peak_in_flight);
}

} // namespace

int show_asio() {
    {
        thread_pool pool{10};
        play(
            "thread_pool", [&](int (*f)()) { return pool.submit(f); },
            [&](const std::function<void()>& f) { pool.submit(f); },
            [&] { pool.finish(); });
    }
    {
        namespace asio = boost::asio;
        asio::thread_pool pool{10};
        play(
            "asio::thread_pool",
            [&](int (*f)()) { return asio::post(pool, asio::use_future(f)); },
            [&](const std::function<void()>& f) { asio::post(pool, f); },
            [&] { pool.join(); });
    }
    return 0;
}

int show_memory() {
    constexpr std::size_t count = 1000;
    const std::size_t before = number_in("/proc/self/smaps_rollup", "Pss");
    std::latch all_there{count};
    std::latch end{1};
    thread_pool pool{count}; // its threads may still look at the latches when all is said
    for (std::size_t i = 0; i < count; ++i)
        pool.submit([&] {
            all_there.count_down();
            end.wait();
        });
    all_there.wait();
    const std::size_t with = number_in("/proc/self/smaps_rollup", "Pss");
    end.count_down();
    fmt::print("{} threads that wait: {:.1f} MB, {:.1f} KB each\n", count,
               static_cast<double>(with - before) / 1024,
               static_cast<double>(with - before) / count);
    return 0;
}

} // namespace ladder::thread_pool
