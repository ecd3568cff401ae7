#include "dispatcher.hpp"

#include "frames.hpp"
#include "processes/child_process.hpp"
#include "processes/unique_fd.hpp"
#include "workbench/machine_limits.hpp"
#include "worker_link.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

namespace ladder::process_pool {

using processes::child_process;
using processes::unique_fd;

namespace {

constexpr std::uint64_t look_every = 64; // submissions, when all workers have something

std::system_error last_error(const char* what) {
    return std::system_error{errno, std::generic_category(), what};
}

pool_options complete(pool_options options) {
    if (options.workers == 0) options.workers = usable_cores();
    options.queue = std::max<std::size_t>(options.queue, 1);
    return options;
}

} // namespace

dispatcher::dispatcher(work what, const pool_options& options)
    : work_(std::move(what)),
      owner_(::getpid()),
      books_(complete(options)) {
    for (std::size_t i = 0; i < books_.workers(); ++i) {
        workers_.push_back(std::make_unique<worker_link>(worker_link{.number = i}));
        if (!start(*workers_.back())) throw last_error("a worker for the pool");
    }
}

dispatcher::~dispatcher() {
    if (owner_ != ::getpid()) { // a copy of the pool in a forked process: not its workers
        for (auto& w : workers_)
            static_cast<void>(w.release());
        return;
    }
    books_.abandon();
}

// --- workers come and go

/// Returns false, with `errno`, when the system has no room for another process.
bool dispatcher::start(worker_link& w) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return false;
    unique_fd ours{ends[0]}, theirs{ends[1]};
    const auto body = [&] {
        // A forked process has everything that we have: also our ends of all sockets. If
        // it kept them, our death would not be the end of anybody's stream. And nothing
        // may destroy the copies of our children here: that kills them.
        ours.reset();
        for (auto& other : workers_) {
            other->socket.reset();
            static_cast<void>(other.release());
        }
        return serve(theirs.get(), work_);
    };
    try {
        w.process = child_process::fork(body, {.die_with_parent = true});
    } catch (const std::system_error& error) {
        errno = error.code().value();
        return false;
    }
    w.socket = std::move(ours);
    books_.started(w.number);
    return true; // `theirs` closes: the worker has the only one, and dies with it
}

/// Starts those that could not be started before; without any, nothing can go on.
void dispatcher::start_missing() {
    bool any = false;
    for (const auto& w : workers_)
        any = w->socket || start(*w) || any;
    if (!any) throw last_error("a worker for the pool");
}

/// Collects a worker whose stream has ended.
void dispatcher::bury(worker_link& w) {
    w.process->kill(SIGKILL); // should it have closed the socket and live
    books_.died(w.number, describe(w.process->wait()));
    w = worker_link{.number = w.number};
}

/// Whoever takes too long does not listen either: its process is killed.
void dispatcher::expire(worker_link& w) {
    if (!books_.expire(w.number, now_)) return;
    --w.written;
    w.process->kill(SIGKILL);
}

// --- tasks go out

void dispatcher::hand_out() {
    for (const std::size_t hungry : books_.hand_out())
        workers_[hungry]->write(books_.held(hungry));
}

// --- outcomes come in

/// Reads once; what there is more of is there in the next step.
void dispatcher::read(worker_link& w) {
    try {
        const auto room = w.frames.room();
        const ssize_t size =
            ::recv(w.socket.get(), room.data(), room.size(), MSG_DONTWAIT);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size <= 0) {
            w.ended = true;
            return;
        }
        w.frames.received(static_cast<std::size_t>(size));
        while (const auto next = w.frames.next())
            if (!books_.doomed(w.number)) take(w, *next);
    } catch (const std::exception&) { // it talks nonsense, or more than we have room for
        w.ended = true;
    }
    if (books_.may_go(w.number)) ::shutdown(w.socket.get(), SHUT_WR);
}

void dispatcher::take(worker_link& w, const frame& said) {
    if (w.written == 0) throw std::runtime_error{"an outcome for nobody's task"};
    if (said.kind == frame_kind::started) {
        books_.begun(w.number, said.task, now_);
        return;
    }
    outcome result;
    if (said.kind == frame_kind::done) {
        result.response = said.bytes;
    } else {
        result.how = ending::failed;
        result.thrown = decode_failure(said.bytes);
    }
    books_.ended(w.number, said.task, std::move(result), now_);
    --w.written;
}

void dispatcher::call_back() {
    if (calling_back_) return;

    struct flag {
        bool& up;

        explicit flag(bool& f) : up(f) { up = true; }

        ~flag() { up = false; }
    } const flag{calling_back_};

    while (const auto task = books_.next_ended())
        task->on_end(std::move(task->result)); // may throw, and may submit
}

// --- the loop

int dispatcher::next_deadline() const {
    const auto first = books_.deadline();
    if (!first) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        *first - ledger::time_point::clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000));
}

/// Waits until a worker says something, can take more, has died or has run out of time.
void dispatcher::step(int timeout) {
    start_missing();
    hand_out();
    std::vector<pollfd> sockets;
    for (const auto& w : workers_) {
        const short wanted = w->blocked ? POLLIN | POLLOUT : POLLIN;
        sockets.push_back({w->socket.get(), wanted, 0}); // poll passes over a -1
    }
    if (::poll(sockets.data(), sockets.size(), timeout) < 0 && errno != EINTR)
        throw last_error("poll");
    now_ = ledger::time_point::clock::now();
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        worker_link& w = *workers_[i];
        if ((sockets[i].revents & POLLOUT) != 0) w.write(books_.held(i));
        if ((sockets[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) read(w);
        expire(w); // only now: what it had done in time has been read
        if (w.ended) bury(w);
    }
    call_back();
}

void dispatcher::serve_until(const std::function<bool()>& is_so) {
    while (!is_so())
        step(books_.any_ended() ? 0 : next_deadline());
}

void dispatcher::submit(const std::shared_ptr<job>& task) {
    if (closed_) throw std::logic_error{"the pool is closed"};
    if (!calling_back_) serve_until([&] { return !books_.full(); });
    books_.add(task);
    if (calling_back_) return;
    if (books_.idle())
        hand_out();
    else if (task->number % look_every == 0)
        step(0);
}

void dispatcher::wait(const job& task) {
    if (task.ended) return;
    if (calling_back_) throw std::logic_error{"a callback must not wait for a task"};
    serve_until([&] { return task.ended; });
}

void dispatcher::join() {
    if (calling_back_) throw std::logic_error{"a callback must not wait for the pool"};
    close();
    if (workers_.empty()) return;
    serve_until([&] { return !books_.busy(); });
    for (const auto& w : workers_)
        if (w->socket) ::shutdown(w->socket.get(), SHUT_WR);
    for (const auto& w : workers_)
        if (w->process && !w->process->wait().success()) ++books_.statistics.lost;
    workers_.clear();
}

std::vector<pid_t> dispatcher::pids() const {
    std::vector<pid_t> result;
    for (const auto& w : workers_)
        if (w->process) result.push_back(w->process->pid());
    return result;
}

} // namespace ladder::process_pool
