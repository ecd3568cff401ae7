#include "dispatcher.hpp"

#include "child_process.hpp"
#include "frames.hpp"
#include "machine_limits.hpp"
#include "unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace ladder::process_pool {

using processes::child_process;
using processes::unique_fd;
using namespace std::chrono_literals;

namespace {

constexpr int deaths_until_given_up = 2;
constexpr std::size_t useless_until_given_up = 20; // workers that die doing nothing
constexpr auto enough_work = 500us;      // that a worker may hold ahead of what it runs
constexpr std::uint64_t look_every = 64; // submissions, when all workers have something

std::system_error last_error(const char* what) {
    return std::system_error{errno, std::generic_category(), what};
}

} // namespace

/// Our end of one worker process.
struct dispatcher::worker {
    unique_fd socket; ///< None: the worker is gone, and could not be replaced yet.
    std::optional<child_process> process;
    frame_reader frames;
    std::deque<std::shared_ptr<job>> held; ///< In the order in which it runs them.
    std::size_t written = 0;               ///< Of these, how many are written in full.
    std::size_t offset = 0;                ///< Bytes of the next one that are written.
    bool blocked = false;                  ///< Its socket took no more.
    bool ended = false;                    ///< Its stream did.
    bool doomed = false;                   ///< We killed it; what it says is void.
    bool useful = false;                   ///< Has begun a task.
    bool leaving = false;                  ///< We have ended our side of the stream.
    std::size_t given = 0;                 ///< Tasks, since it was started.
    clock::time_point began{};             ///< When the first of `held` began.
    std::chrono::nanoseconds pace = enough_work * 2; ///< What a task takes it, lately.

    /// How many tasks it may hold.
    std::size_t allowance(const pool_options& options) const {
        const auto ahead = static_cast<std::size_t>(enough_work / std::max(pace, 1ns));
        std::size_t most = 1 + std::min(options.ahead, ahead);
        if (options.tasks_per_worker != 0)
            most = std::min(most, held.size() + options.tasks_per_worker - given);
        return most;
    }
};

dispatcher::dispatcher(work what, const pool_options& options)
    : work_(std::move(what)),
      options_(options),
      owner_(::getpid()) {
    if (options_.workers == 0) options_.workers = usable_cores();
    options_.queue = std::max<std::size_t>(options_.queue, 1);
    for (std::size_t i = 0; i < options_.workers; ++i) {
        workers_.push_back(std::make_unique<worker>());
        if (!start(*workers_.back())) throw last_error("a worker for the pool");
    }
}

dispatcher::~dispatcher() {
    if (owner_ != ::getpid()) { // a copy of the pool in a forked process: not its workers
        for (auto& w : workers_)
            static_cast<void>(w.release());
        return;
    }
    const outcome left{.how = ending::abandoned, .cause = "the pool ended before it did"};
    for (const auto& w : workers_)
        std::ranges::move(w->held, std::back_inserter(waiting_));
    for (const auto& task : waiting_) {
        task->ended = true;
        task->result = left;
    }
}

// --- workers come and go

/// Returns false, with `errno`, when the system has no room for another process.
bool dispatcher::start(worker& w) {
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
    ++statistics_.started;
    return true; // `theirs` closes: the worker has the only one, and dies with it
}

/// Starts those that could not be started before; without any, nothing can go on.
void dispatcher::start_missing() {
    bool any = false;
    for (const auto& w : workers_)
        any = w->socket || start(*w) || any;
    if (!any) throw last_error("a worker for the pool");
}

/// Collects a worker whose stream has ended, and gives what it held to others, or up.
void dispatcher::bury(worker& w) {
    w.process->kill(SIGKILL); // should it have closed the socket and live
    const auto status = w.process->wait();
    if (w.leaving && w.held.empty())
        ++statistics_.retired;
    else
        ++statistics_.lost;
    useless_ = w.useful || w.leaving ? 0 : useless_ + 1;

    for (auto held = w.held.rbegin(); held != w.held.rend(); ++held) {
        job& task = **held;
        if (std::exchange(task.started, false)) {
            if (++task.deaths == deaths_until_given_up) {
                end(*held, {.how = ending::worker_died,
                            .cause = "two workers died of it, the last was " +
                                     describe(status)});
                continue;
            }
            ++statistics_.retries;
        }
        waiting_.push_front(*held);
    }
    w = {};
    if (useless_ < useless_until_given_up) return;
    for (const auto& task : std::exchange(waiting_, {}))
        end(task, {.how = ending::worker_died,
                   .cause = "workers die before they begin anything, the last was " +
                            describe(status)});
    useless_ = 0;
}

/// Whoever takes too long does not listen either: its process is killed.
void dispatcher::expire(worker& w) {
    if (w.doomed || w.held.empty() || !w.held.front()->started) return;
    const auto limit = w.held.front()->time_limit;
    if (limit == 0ms || now_ < w.began + limit) return;
    end(w.held.front(),
        {.how = ending::timed_out,
         .cause = "it took longer than " + std::to_string(limit.count()) + " ms"});
    w.held.pop_front();
    --w.written;
    w.doomed = true;
    w.process->kill(SIGKILL);
}

// --- tasks go out

/// Gives tasks to workers that have run low; the one with the fewest gets the next.
void dispatcher::hand_out() {
    std::vector<worker*> hungry;
    for (const auto& w : workers_)
        if (w->socket && !w->ended && !w->doomed && !w->leaving &&
            w->held.size() <= w->allowance(options_) / 2)
            hungry.push_back(w.get());
    while (!waiting_.empty()) {
        worker* least = nullptr;
        for (worker* w : hungry)
            if (w->held.size() < w->allowance(options_) &&
                (least == nullptr || w->held.size() < least->held.size()))
                least = w;
        if (least == nullptr) break;
        least->held.push_back(std::move(waiting_.front()));
        ++least->given;
        waiting_.pop_front();
    }
    for (worker* w : hungry)
        write(*w);
}

/// Writes what the socket takes, straight from the requests.
void dispatcher::write(worker& w) {
    constexpr std::size_t most = 64; // frames in one call
    while (w.written < w.held.size()) {
        std::array<frame_header, most> headers;
        std::array<iovec, 2 * most> parts;
        std::size_t count = 0, skip = w.offset;
        for (std::size_t i = 0; i < most && w.written + i < w.held.size(); ++i) {
            job& task = *w.held[w.written + i];
            headers[i] = {task.request.size(), task.number, frame_kind::task};
            for (iovec part : {iovec{&headers[i], sizeof headers[i]},
                               iovec{task.request.data(), task.request.size()}}) {
                const std::size_t gone = std::min(skip, part.iov_len);
                skip -= gone;
                part.iov_base = static_cast<char*>(part.iov_base) + gone;
                part.iov_len -= gone;
                if (part.iov_len > 0) parts[count++] = part;
            }
        }
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = count;
        const ssize_t size =
            ::sendmsg(w.socket.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        w.blocked = size < 0 && (errno == EAGAIN || errno == ENOBUFS);
        if (size < 0) return; // if it died, the end of its stream says so
        w.offset += static_cast<std::size_t>(size);
        while (w.written < w.held.size()) {
            const std::size_t whole =
                sizeof(frame_header) + w.held[w.written]->request.size();
            if (w.offset < whole) break;
            w.offset -= whole;
            ++w.written;
        }
    }
    w.blocked = false;
}

// --- outcomes come in

/// Reads once; what there is more of is there in the next step.
void dispatcher::read(worker& w) {
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
            if (!w.doomed) take(w, *next);
    } catch (const std::exception&) { // it talks nonsense, or more than we have room for
        w.ended = true;
    }
    if (w.leaving || w.given < options_.tasks_per_worker ||
        options_.tasks_per_worker == 0 || !w.held.empty())
        return;
    ::shutdown(w.socket.get(), SHUT_WR); // it has had its tasks: it may go
    w.leaving = true;
}

void dispatcher::take(worker& w, const frame& said) {
    if (w.held.empty() || w.held.front()->number != said.task || w.written == 0)
        throw std::runtime_error{"an outcome for nobody's task"};
    job& task = *w.held.front();
    if (said.kind == frame_kind::started) {
        task.started = true;
        w.began = now_;
        w.useful = true;
        return;
    }
    if (!task.started) throw std::runtime_error{"an outcome before the beginning"};
    outcome result;
    if (said.kind == frame_kind::done) {
        result.response = said.bytes;
    } else {
        result.how = ending::failed;
        result.thrown = decode_failure(said.bytes);
    }
    // Up at once, down slowly: after one slow task it gets nothing ahead for a while.
    const std::chrono::nanoseconds took = now_ - w.began;
    w.pace = std::max(took, (7 * w.pace + took) / 8);
    end(std::move(w.held.front()), std::move(result));
    w.held.pop_front();
    --w.written;
}

void dispatcher::end(std::shared_ptr<job> task, outcome result) {
    task->ended = true;
    task->result = std::move(result);
    std::string{}.swap(task->request);
    if (task->on_end) ended_.push_back(std::move(task));
}

void dispatcher::call_back() {
    if (calling_back_) return;

    struct flag {
        bool& up;

        explicit flag(bool& f) : up(f) { up = true; }

        ~flag() { up = false; }
    } const flag{calling_back_};

    while (!ended_.empty()) {
        const auto task = std::move(ended_.front());
        ended_.pop_front();
        task->on_end(std::move(task->result)); // may throw, and may submit
    }
}

// --- the loop

int dispatcher::next_deadline() const {
    auto first = clock::time_point::max();
    for (const auto& w : workers_)
        if (!w->held.empty() && w->held.front()->started &&
            w->held.front()->time_limit > 0ms)
            first = std::min(first, w->began + w->held.front()->time_limit);
    if (first == clock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(first - clock::now());
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
    now_ = clock::now();
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        worker& w = *workers_[i];
        if ((sockets[i].revents & POLLOUT) != 0) write(w);
        if ((sockets[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) read(w);
        expire(w); // only now: what it had done in time has been read
        if (w.ended) bury(w);
    }
    call_back();
}

void dispatcher::serve_until(const std::function<bool()>& is_so) {
    while (!is_so())
        step(ended_.empty() ? next_deadline() : 0);
}

bool dispatcher::idle_worker() const {
    return std::ranges::any_of(workers_, [](const auto& w) {
        return w->socket && !w->ended && !w->doomed && !w->leaving && w->held.empty();
    });
}

bool dispatcher::busy() const {
    return !waiting_.empty() || !ended_.empty() ||
           std::ranges::any_of(workers_, [](const auto& w) { return !w->held.empty(); });
}

void dispatcher::submit(const std::shared_ptr<job>& task) {
    if (closed_) throw std::logic_error{"the pool is closed"};
    if (!calling_back_) serve_until([&] { return waiting_.size() < options_.queue; });
    task->number = ++submitted_;
    if (task->time_limit == 0ms) task->time_limit = options_.time_limit;
    waiting_.push_back(task);
    if (calling_back_) return;
    if (idle_worker())
        hand_out();
    else if (submitted_ % look_every == 0)
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
    serve_until([&] { return !busy(); });
    for (const auto& w : workers_)
        if (w->socket) ::shutdown(w->socket.get(), SHUT_WR);
    for (const auto& w : workers_)
        if (w->process && !w->process->wait().success()) ++statistics_.lost;
    workers_.clear();
}

std::vector<pid_t> dispatcher::pids() const {
    std::vector<pid_t> result;
    for (const auto& w : workers_)
        if (w->process) result.push_back(w->process->pid());
    return result;
}

} // namespace ladder::process_pool
