#include "watch.hpp"

#include "desk.hpp"
#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/yield.hpp"
#include "processes/unique_fd.hpp"
#include "terminal.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/protected_fixedsize_stack.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <sys/inotify.h>
#include <unistd.h>

namespace ladder::learn {

namespace fs = std::filesystem;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using fibers_on_asio::yield;

namespace {

/// An editor that saves writes, renames and touches; this is later than all of it.
constexpr auto settled_after = 60ms;
constexpr auto look_every = 400ms; // where the kernel does not tell

enum class event { save, run, hint, next, list, quit, resized };

/// What the fibers that listen tell the one that acts.
class event_queue {
public:
    void push(event e) {
        events_.push_back(e);
        changed_.notify_one();
    }

    event pop() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return !events_.empty(); });
        const event e = events_.front();
        events_.pop_front();
        return e;
    }

private:
    boost::fibers::mutex mutex_;
    boost::fibers::condition_variable changed_;
    std::deque<event> events_;
};

/// Notices saves in a folder: by inotify(7), or by looking at the files now and then.
class save_watch {
public:
    save_watch(const exercise& e, fibers_on_asio::event_loop& loop, event_queue& to)
        : exercise_(e),
          to_(to),
          timer_(loop.context()),
          descriptor_(loop.context()) {
        const char* way = std::getenv("LADDER_WATCH");
        if (way == nullptr || std::string_view{way} != "poll") begin_inotify();
        fiber_ = boost::fibers::fiber{boost::fibers::launch::dispatch, [this] {
                                          if (descriptor_.is_open())
                                              listen();
                                          else
                                              look();
                                      }};
    }

    ~save_watch() {
        stopped_ = true;
        timer_.cancel();
        descriptor_.close();
        fiber_.join();
    }

    save_watch(const save_watch&) = delete;
    save_watch& operator=(const save_watch&) = delete;

    /// The kernel tells of saves.
    bool told() const { return descriptor_.is_open(); }

private:
    void begin_inotify() {
        processes::unique_fd fd{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
        // The folder, and not the file: many editors write another file and rename it.
        if (fd && ::inotify_add_watch(fd.get(), exercise_.folder.c_str(),
                                      IN_CLOSE_WRITE | IN_MOVED_TO) >= 0)
            descriptor_.assign(fd.release());
    }

    bool concerns(std::string_view name) const {
        return std::ranges::count(exercise_.edit, name) > 0;
    }

    void listen() {
        alignas(inotify_event) std::array<char, 4096> bytes{};
        bool saved = false;
        while (!stopped_) {
            // After a save, until nothing more happens for a while.
            boost::system::error_code error;
            const auto token =
                saved ? yield.until(std::chrono::steady_clock::now() + settled_after)
                      : yield;
            const auto size =
                descriptor_.async_read_some(asio::buffer(bytes), token[error]);
            if (error == asio::error::timed_out) {
                to_.push(event::save);
                saved = false;
            } else if (error) {
                return;
            }
            for (std::size_t at = 0; at < size;) {
                const auto* one = reinterpret_cast<const inotify_event*>(&bytes[at]);
                if (one->len > 0 && concerns(one->name)) saved = true;
                at += sizeof(inotify_event) + one->len;
            }
        }
    }

    fs::file_time_type latest() const {
        fs::file_time_type latest{};
        std::error_code ignored;
        for (const std::string& name : exercise_.edit) {
            const auto time = fs::last_write_time(exercise_.folder / name, ignored);
            if (!ignored) latest = std::max(latest, time);
        }
        return latest;
    }

    void look() {
        for (auto before = latest(); !stopped_;) {
            boost::system::error_code error;
            timer_.expires_after(look_every);
            timer_.async_wait(yield[error]);
            if (const auto now = latest(); !stopped_ && now != before) {
                before = now;
                to_.push(event::save);
            }
        }
    }

    const exercise& exercise_;
    event_queue& to_;
    asio::steady_timer timer_;
    asio::posix::stream_descriptor descriptor_;
    bool stopped_ = false;
    boost::fibers::fiber fiber_;
};

/// Turns keys into events, where there is a keyboard.
class key_watch {
public:
    key_watch(fibers_on_asio::event_loop& loop, event_queue& to)
        : keys_(loop.context()),
          to_(to) {
        if (!mode_.active()) return;
        keys_.assign(::dup(STDIN_FILENO));
        fiber_ =
            boost::fibers::fiber{boost::fibers::launch::dispatch, [this] { listen(); }};
    }

    ~key_watch() {
        if (!fiber_.joinable()) return;
        boost::system::error_code ignored;
        keys_.cancel(ignored);
        // Asio set it non-blocking, for everybody who has this terminal open.
        keys_.non_blocking(false, ignored);
        keys_.native_non_blocking(false, ignored);
        keys_.close(ignored);
        fiber_.join();
    }

    key_watch(const key_watch&) = delete;
    key_watch& operator=(const key_watch&) = delete;

    bool active() const { return mode_.active(); }

    void apply() const { mode_.apply(); }

private:
    void listen() {
        while (true) {
            boost::system::error_code error;
            char key = 0;
            keys_.async_read_some(asio::buffer(&key, 1), yield[error]);
            if (error == asio::error::eof) to_.push(event::quit);
            if (error) return;
            switch (key) {
            case 'r':
            case '\n':
                to_.push(event::run);
                break;
            case 'h':
                to_.push(event::hint);
                break;
            case 'n':
                to_.push(event::next);
                break;
            case 'l':
                to_.push(event::list);
                break;
            case 'q':
            case 4:
                to_.push(event::quit);
                break; // Ctrl-D
            default:
                break;
            }
        }
    }

    key_mode mode_;
    asio::posix::stream_descriptor keys_;
    event_queue& to_;
    boost::fibers::fiber fiber_;
};

/// Turns signals into events. The program that runs is killed at once.
class signal_watch {
public:
    signal_watch(fibers_on_asio::event_loop& loop, event_queue& to,
                 program_runner& runner, const key_watch& keys)
        : signals_(loop.context(), SIGINT, SIGTERM, SIGHUP),
          to_(to),
          runner_(runner),
          keys_(keys) {
        signals_.add(SIGWINCH);
        signals_.add(SIGCONT);
        fiber_ =
            boost::fibers::fiber{boost::fibers::launch::dispatch, [this] { listen(); }};
    }

    ~signal_watch() {
        signals_.cancel();
        fiber_.join();
    }

    signal_watch(const signal_watch&) = delete;
    signal_watch& operator=(const signal_watch&) = delete;

private:
    void listen() {
        while (true) {
            boost::system::error_code error;
            const int number = signals_.async_wait(yield[error]);
            if (error) return;
            if (number == SIGCONT) {
                keys_.apply();
            } else if (number == SIGWINCH) {
                to_.push(event::resized);
            } else {
                runner_.cancel();
                to_.push(event::quit);
            }
        }
    }

    asio::signal_set signals_;
    event_queue& to_;
    program_runner& runner_;
    const key_watch& keys_;
    boost::fibers::fiber fiber_;
};

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

int watch(const exercise& first, const course& c, progress& p,
          fibers_on_asio::event_loop& loop) {
    event_queue events;
    program_runner runner{loop};
    checker with{c, runner};
    const key_watch keys{loop, events};
    const signal_watch signals{loop, events, runner, keys};
    const exercise* e = &first;
    std::optional<save_watch> saves;
    std::optional<background_check> running;
    bool passed = false;
    std::string failure;

    const auto footer = [&] {
        const look l = look::now();
        std::string text = fmt::format("\nwatching {}", e->edit.front());
        if (!saves->told()) text += ", by looking at it now and then";
        if (keys.active()) text += "   r run  h hint  n next  l list  q quit";
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
        saves.reset();
        saves.emplace(*e, loop, events);
        begin();
    };

    go_to(e);
    while (true) {
        const event what = events.pop();
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
