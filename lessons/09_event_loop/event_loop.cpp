#include "event_loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

namespace ladder::event_loop {

namespace {

int check(int result, const char* what) {
    if (result < 0) throw std::system_error{errno, std::generic_category(), what};
    return result;
}

} // namespace

reactor::reactor()
    : epoll_(check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_up_(check(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {
    watch(wake_up_.get(), EPOLLIN, [this](std::uint32_t) { call_posted(); });
}

void reactor::watch(int fd, std::uint32_t events, on_ready callback) {
    auto w = std::make_unique<watched>(watched{std::move(callback)});
    control(EPOLL_CTL_ADD, fd, events, w.get());
    watched_[fd] = std::move(w);
}

void reactor::change(int fd, std::uint32_t events) {
    control(EPOLL_CTL_MOD, fd, events, watched_.at(fd).get());
}

void reactor::forget(int fd) {
    const auto found = watched_.find(fd);
    if (found == watched_.end()) return;
    // [forget]
    control(EPOLL_CTL_DEL, fd, 0, nullptr);
    found->second->forgotten = true; // it may be among those that are ready just now,
    forgotten_.push_back(std::move(found->second)); // or be the one that calls this
    watched_.erase(found);
    // [/forget]
}

void reactor::control(int operation, int fd, std::uint32_t events, watched* w) {
    epoll_event event{.events = events, .data = {.ptr = w}}; // the kernel gives w back
    check(::epoll_ctl(epoll_.get(), operation, fd, &event), "epoll_ctl");
}

void reactor::run() {
    std::array<epoll_event, 256> ready;
    for (stopped_ = false; !stopped_;) {
        ++waits_;
        // [run]
        const int count = ::epoll_wait(epoll_.get(), ready.data(), ready.size(),
                                       milliseconds_to_next_timer());
        if (count < 0 && errno != EINTR) check(count, "epoll_wait");

        for (int i = 0; i < count; ++i) {
            auto* w = static_cast<watched*>(ready[i].data.ptr);
            if (!w->forgotten) w->callback(ready[i].events);
        }
        forgotten_.clear(); // from here on, no event can name them
        call_due_timers();
        // [/run]
    }
}

reactor::timer reactor::call_at(clock::time_point when, task callback) {
    const timer t{when, timers_made_++};
    timers_.emplace(t, std::move(callback));
    return t;
}

void reactor::cancel(const timer& t) {
    timers_.erase(t);
}

int reactor::milliseconds_to_next_timer() const {
    using std::chrono::milliseconds;
    if (timers_.empty()) return -1; // however long it takes
    // Rounded up: a loop that wakes up too early has nothing to do, again and again.
    const auto left =
        std::chrono::ceil<milliseconds>(timers_.begin()->first.first - clock::now());
    return static_cast<int>(
        std::clamp<milliseconds::rep>(left.count(), 0, std::numeric_limits<int>::max()));
}

void reactor::call_due_timers() {
    if (timers_.empty()) return;
    const auto now = clock::now();
    while (!timers_.empty() && timers_.begin()->first.first <= now)
        timers_.extract(timers_.begin()).mapped()(); // out of the map before it is called
}

void reactor::post(task callback) {
    bool is_first = false;
    {
        const std::lock_guard lock{mutex_};
        is_first = posted_.empty();
        posted_.push_back(std::move(callback));
    }
    const std::uint64_t one = 1; // whoever is first wakes the loop for all
    if (is_first)
        check(static_cast<int>(::write(wake_up_.get(), &one, sizeof one)), "post");
}

void reactor::call_posted() {
    std::uint64_t count = 0;
    check(static_cast<int>(::read(wake_up_.get(), &count, sizeof count)), "wake-up");
    std::vector<task> posted;
    {
        const std::lock_guard lock{mutex_};
        posted.swap(posted_);
    }
    for (const task& t : posted)
        t();
}

} // namespace ladder::event_loop
