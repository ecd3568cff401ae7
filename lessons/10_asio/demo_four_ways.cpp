// Two tasks, of 3 and of 2 units of time, run together, in the four ways of Python's
// asyncio: wait, create_task, gather, ensure_future.

#include "workbench/demo.hpp"
#include "workbench/option_parser.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/promise.hpp>
#include <boost/asio/experimental/use_promise.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <exception>
#include <initializer_list>
#include <utility>
#include <vector>

namespace ladder::asio {

namespace net = boost::asio;

namespace {

using namespace net::experimental::awaitable_operators;
using boost::system::error_code;
using net::experimental::use_promise;
using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

/// What the demos have in common: a loop, a unit of time, and a clock for what they say.
struct stage {
    explicit stage(seconds u) : unit(u) {}

    net::awaitable<std::string> task(std::string name, int units) {
        ++begun;
        net::steady_timer timer{loop};
        timer.expires_after(std::chrono::duration_cast<clock::duration>(units * unit));
        co_await timer.async_wait(net::use_awaitable);
        co_return name;
    }

    /// Runs `play`, and all that it begins.
    void run(net::awaitable<void> play) {
        net::co_spawn(loop, std::move(play), [](const std::exception_ptr& error) {
            if (error) std::rethrow_exception(error);
        });
        loop.run();
    }

    template <class... Ts>
    void say(fmt::format_string<Ts...> text, Ts&&... values) const {
        fmt::print("  after {:.1f} s  {}\n", seconds{clock::now() - start}.count(),
                   fmt::format(text, std::forward<Ts>(values)...));
    }

    seconds unit;
    net::io_context loop{1};
    int begun = 0; // tasks
    clock::time_point start = clock::now();
};

net::awaitable<void> wait(stage& s) {
    net::experimental::channel<void(error_code, std::string)> ended{s.loop, 2};
    for (const auto& [name, units] : {std::pair{"a", 3}, {"b", 2}})
        net::co_spawn(s.loop, s.task(name, units),
                      [&](const std::exception_ptr&, std::string who) {
                          ended.try_send(error_code{}, std::move(who));
                      });
    std::vector<std::string> done, pending{"a", "b"};
    while (!pending.empty()) {
        done.push_back(co_await ended.async_receive(net::use_awaitable));
        std::erase(pending, done.back());
        s.say("done: {}  pending: {}", done, pending);
    }
}

net::awaitable<void> create(stage& s) {
    auto a = net::co_spawn(s.loop, s.task("a", 3), use_promise);
    auto b = net::co_spawn(s.loop, s.task("b", 2), use_promise);
    s.say("two tasks are created, and this one goes on");
    s.say("{} has ended", co_await a(net::use_awaitable));
    s.say("{} has ended, and had before: no wait", co_await b(net::use_awaitable));
}

net::awaitable<void> gather(stage& s) {
    const auto [a, b] = co_await (s.task("a", 3) && s.task("b", 2));
    s.say("in the order of the list: {}, {}", a, b);
}

using running = net::experimental::promise<void(std::exception_ptr, std::string)>;

running ensure(stage& s, net::awaitable<std::string> coroutine) {
    return net::co_spawn(s.loop, std::move(coroutine), use_promise);
}

running ensure(stage&, running task) {
    return task;
}

net::awaitable<void> ensure_both(stage& s) {
    auto a = ensure(s, s.task("a", 3));            // a coroutine: from here on it runs
    auto b = ensure(s, ensure(s, s.task("b", 2))); // what runs already stays what it is
    const auto first = co_await a(net::use_awaitable);
    s.say("{}, {}; {} tasks have begun", first, co_await b(net::use_awaitable), s.begun);
}

struct named_way {
    const char* name;
    net::awaitable<void> (*play)(stage&);
};

/// Plays them one after the other; with a title each, if there are several.
int play(arguments given, const char* demo, std::initializer_list<named_way> ways) {
    std::chrono::milliseconds unit{100};
    option_parser options{demo, "Two tasks, of 3 and of 2 units of time, together."};
    options.duration("UNIT", &unit, "of time");
    if (const auto status = options.parse(given)) return *status;
    for (const named_way& way : ways) {
        if (ways.size() > 1) fmt::print("{}\n", way.name);
        stage s{unit};
        s.run(way.play(s));
    }
    return 0;
}

} // namespace

int show_wait(arguments given) {
    return play(given, "wait", {{"wait", wait}});
}

int show_create(arguments given) {
    return play(given, "create", {{"create", create}});
}

int show_gather(arguments given) {
    return play(given, "gather", {{"gather", gather}});
}

int show_ensure(arguments given) {
    return play(given, "ensure", {{"ensure", ensure_both}});
}

int show_ways(arguments given) {
    return play(given, "ways",
                {{"wait", wait},
                 {"create", create},
                 {"gather", gather},
                 {"ensure", ensure_both}});
}

} // namespace ladder::asio
