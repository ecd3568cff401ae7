#include "watch.hpp"

#include "desk.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "listeners.hpp"
#include "terminal.hpp"

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/protected_fixedsize_stack.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace ladder::learn {

namespace {

/// A check in a fiber of its own, so that the watch can go on listening and stop it.
class background_check {
public:
    background_check(program_runner& runner, std::function<void()> work)
        : runner_(runner),
          fiber_(std::allocator_arg, boost::fibers::protected_fixedsize_stack{stack_size},
                 std::move(work)) {}

    ~background_check() {
        runner_.cancel();
        fiber_.join();
    }

    background_check(const background_check&) = delete;
    background_check& operator=(const background_check&) = delete;

private:
    static constexpr std::size_t stack_size = 1 << 20;

    program_runner& runner_;
    boost::fibers::fiber fiber_;
};

} // namespace

bool check_and_show(const exercise& e, const course& c, progress& p, checker& with,
                    bool raw) {
    const std::string name = fmt::format("{} {}", e.number(), e.name);
    fmt::print("checking {} …\n", name);
    std::fflush(stdout);
    with.on_phase = [&](const std::string& what) {
        fmt::print("{} …\n", what);
        std::fflush(stdout);
    };
    const verdict v = with.check(e);
    if (v.result == verdict::outcome::cancelled) return false;
    if (raw) fmt::print("{}\n", v.raw);
    fmt::print("{}", draw(v, e, c, look::now()));
    std::fflush(stdout);
    const bool passed = v.result == verdict::outcome::passed;
    attempt a = p.of(e.name);
    a.begun = true;
    if (passed && a.passed.empty()) a.passed = today();
    p.set(e.name, a);
    return passed;
}

int watch(const exercise& first, const course& c, progress& p) {
    fibers_on_asio::event_loop loop;
    program_runner runner{loop};
    checker with{c, runner};
    listeners events{loop, runner};
    const exercise* e = &first;
    std::optional<background_check> running;
    bool passed = false;
    std::string failure;

    const auto footer = [&] {
        const look l = look::now();
        std::string text = fmt::format("\nwatching {}", e->edit.front());
        if (!events.told_of_saves()) text += ", by looking at it now and then";
        if (events.have_keys()) text += "   r run  h hint  n next  l list  q quit";
        fmt::print("{}\n", l.faint(text));
        std::fflush(stdout);
    };
    const auto begin = [&] {
        running.reset(); // a check of what was there before
        runner.allow();
        if (look::now().terminal) fmt::print("\x1b[H\x1b[2J");
        running.emplace(runner, [&] {
            try {
                passed = check_and_show(*e, c, p, with, false);
                if (!runner.cancelled()) footer();
            } catch (const std::exception& error) {
                failure = error.what(); // the disk is full, a tool is gone
                events.push(event::quit);
            }
        });
    };
    const auto go_to = [&](const exercise* to) {
        e = to;
        events.listen_to(*e);
        begin();
    };

    go_to(e);
    while (true) {
        const event what = events.next();
        const look l = look::now();
        if (what == event::quit) break;
        if (what == event::save || what == event::run) {
            begin();
        } else if (what == event::hint) {
            fmt::print("\n{}", hint(*e, p, false, l));
        } else if (what == event::list) {
            fmt::print("\n{}", list(c, p, l));
        } else if (what == event::next) {
            const exercise* next = current(c, p);
            if (next == nullptr || next == e) {
                fmt::print("\n{}\n", next == nullptr ? "That was the last one."
                                                     : "First this one. h gives a hint.");
            } else {
                fmt::print("\n{} · {}\n", next->name, next->title);
                fmt::print("task    {}\n", shown(next->folder / "README.md", c.root()));
                go_to(next);
            }
        }
        std::fflush(stdout);
    }
    running.reset();
    if (!failure.empty()) throw std::runtime_error{failure};
    return passed ? 0 : 1;
}

} // namespace ladder::learn
