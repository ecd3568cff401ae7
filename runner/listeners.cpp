#include "listeners.hpp"

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

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <sys/inotify.h>
#include <unistd.h>

namespace ladder::learn {

namespace fs = std::filesystem;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::fibers::fiber;
using boost::fibers::launch;
using fibers_on_asio::yield;

namespace {

/// An editor that saves writes, renames and touches; this is later than all of it.
constexpr auto settled_after = 60ms;
constexpr auto look_every = 400ms; // where the kernel does not tell

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
        fiber_ = fiber{launch::dispatch, [this] { told() ? listen() : look(); }};
    }

    ~save_watch() {
        stopped_ = true;
        timer_.cancel();
        descriptor_.close();
        fiber_.join();
    }

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
                to_.push({event_kind::save});
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
                to_.push({event_kind::save});
            }
        }
    }

    const exercise& exercise_;
    event_queue& to_;
    asio::steady_timer timer_;
    asio::posix::stream_descriptor descriptor_;
    bool stopped_ = false;
    fiber fiber_;
};

/// Turns keys into events, where there is a keyboard.
class key_watch {
public:
    key_watch(fibers_on_asio::event_loop& loop, event_queue& to)
        : keys_(loop.context()),
          to_(to) {
        if (!mode_.active()) return;
        keys_.assign(::dup(STDIN_FILENO));
        fiber_ = fiber{launch::dispatch, [this] { listen(); }};
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

    bool active() const { return mode_.active(); }

    void apply() const { mode_.apply(); }

private:
    void listen() {
        std::array<char, 32> typed{};
        while (true) {
            boost::system::error_code error;
            const auto size = keys_.async_read_some(asio::buffer(typed), yield[error]);
            if (error == asio::error::eof) to_.push({event_kind::quit});
            if (error) return;
            for (const char key : keys_of({typed.data(), size}))
                to_.push(key == control_d ? event{event_kind::quit}
                                          : event{event_kind::key, key});
        }
    }

    static constexpr char control_d = 4;

    key_mode mode_;
    asio::posix::stream_descriptor keys_;
    event_queue& to_;
    fiber fiber_;
};

/// Turns signals into events. The program that runs is stopped at once.
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
        fiber_ = fiber{launch::dispatch, [this] { listen(); }};
    }

    ~signal_watch() {
        stopped_ = true; // a wait that a signal has just ended is not cancelled
        signals_.cancel();
        fiber_.join();
    }

private:
    void listen() {
        while (!stopped_) {
            boost::system::error_code error;
            const int number = signals_.async_wait(yield[error]);
            if (error) return;
            if (number == SIGCONT) {
                keys_.apply();
            } else if (number == SIGWINCH) {
                to_.push({event_kind::resized});
            } else {
                runner_.cancel();
                to_.push({event_kind::quit});
            }
        }
    }

    asio::signal_set signals_;
    event_queue& to_;
    program_runner& runner_;
    const key_watch& keys_;
    bool stopped_ = false;
    fiber fiber_;
};

} // namespace

struct listeners::state {
    state(fibers_on_asio::event_loop& l, program_runner& runner)
        : loop(l),
          keys(l, events),
          signals(l, events, runner, keys) {}

    fibers_on_asio::event_loop& loop;
    event_queue events;
    const key_watch keys;
    const signal_watch signals;
    std::optional<save_watch> saves;
};

listeners::listeners(fibers_on_asio::event_loop& loop, program_runner& runner)
    : state_(std::make_unique<state>(loop, runner)) {}

listeners::~listeners() = default;

void listeners::listen_to(const exercise& e) {
    state_->saves.reset();
    state_->saves.emplace(e, state_->loop, state_->events);
}

event listeners::next() {
    return state_->events.pop();
}

void listeners::push(event e) {
    state_->events.push(e);
}

bool listeners::have_keys() const {
    return state_->keys.active();
}

bool listeners::told_of_saves() const {
    return state_->saves->told();
}

} // namespace ladder::learn
