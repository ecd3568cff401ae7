#include "supervisor.hpp"

#include "event_loop.hpp"
#include "http_exchange.hpp"
#include "no_lock.hpp"
#include "page_file.hpp"
#include "worker.hpp"
#include "yield.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <stdexcept>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace asio = boost::asio;
using boost::fibers::condition_variable_any;
using boost::fibers::fiber;
using fibers_on_asio::event_loop;
using fibers_on_asio::yield;

namespace {

constexpr std::size_t read_ahead = 1024;      // URLs taken from the list in advance
constexpr std::size_t longest_url = 64 << 10; // bytes
constexpr int deaths_until_suspect = 2;
constexpr int deaths_alone_until_given_up = 2;
constexpr int useless_starts = 10; // workers in a row that die before they greet us

std::system_error system_error(const char* what) {
    return std::system_error{errno, std::generic_category(), what};
}

/// Starts the program as a worker. Not fork: a copy of a running event loop would share
/// its epoll descriptor with us, and of our threads only this one would be there.
pid_t spawn_worker(const std::string& program, int socket, int statistics) {
    // Both may already be one of the numbers wanted, so go by way of higher ones.
    constexpr int above = std::max(worker_socket, worker_statistics_memory) + 1;
    const int from_socket = ::fcntl(socket, F_DUPFD_CLOEXEC, above);
    const int from_statistics = ::fcntl(statistics, F_DUPFD_CLOEXEC, above);
    if (from_socket < 0 || from_statistics < 0) {
        const auto error = system_error("a descriptor for a worker");
        if (from_socket >= 0) ::close(from_socket);
        throw error;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, from_socket, worker_socket);
    posix_spawn_file_actions_adddup2(&actions, from_statistics, worker_statistics_memory);
    // Ctrl-C, and what is sent to the process group, is for the supervisor to handle. A
    // worker never sees it, from its first instruction on.
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &ours);

    std::array<char*, 3> arguments{const_cast<char*>("fetcher"),
                                   const_cast<char*>(worker_argument), nullptr};
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, program.c_str(), &actions, &attributes,
                                    arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    ::close(from_socket);
    ::close(from_statistics);
    if (error != 0) throw std::system_error{error, std::generic_category(), program};
    return pid;
}

std::string how_it_died(int wait_status) {
    if (WIFSIGNALED(wait_status))
        return fmt::format("{} ({})", strsignal(WTERMSIG(wait_status)),
                           WTERMSIG(wait_status));
    return fmt::format("exit status {}", WEXITSTATUS(wait_status));
}

/// A URL on its way.
struct job {
    task what;
    int deaths = 0;       ///< Workers that died while they had it.
    int deaths_alone = 0; ///< Of these, how many had nothing else.
};

/// Our end of one worker process.
struct worker_link {
    explicit worker_link(std::size_t n, asio::io_context& io) : number(n), socket(io) {}

    std::size_t number;
    asio::local::stream_protocol::socket socket;
    pid_t pid = -1;
    std::unordered_map<std::uint64_t, job> given; ///< Handed out, without outcome yet.
    std::size_t credit = 0; ///< How many it may be given beyond its fibers.
    bool alone = false;     ///< Has a suspect, and must get nothing else.
    bool greeted = false;   ///< Has started.
    bool writing = false;   ///< A fiber is sending from the outbox.
    std::string outbox;     ///< Frames for it that were not written yet.
    condition_variable_any outbox_filled;
};

} // namespace

struct supervisor::state {
    state(event_loop& l, supervisor_settings s) : loop(l), settings(std::move(s)) {
        settings.worker.supervisor = ::getpid();
    }

    ~state() {
        for (const auto& w : workers)
            if (w->pid > 0) {
                ::kill(w->pid, SIGKILL);
                bury(*w);
            }
    }

    state(const state&) = delete;
    state& operator=(const state&) = delete;

    event_loop& loop;
    supervisor_settings settings;
    shared_statistics statistics;
    run_totals totals;
    url_source* urls = nullptr;
    const outcome_sink* on_outcome = nullptr;

    std::vector<std::unique_ptr<worker_link>> workers;
    std::deque<job> waiting;  ///< To be handed out.
    std::deque<job> suspects; ///< To be handed out alone, when nothing else waits.
    bool list_ended = false;
    bool draining = false;
    bool aborted = false;
    bool closing = false;
    int useless = 0; ///< Workers in a row that died before they greeted us.
    std::exception_ptr failure;
    condition_variable_any changed; ///< Any of the above did.
    no_lock one_thread;

    // --- starting and burying workers

    void start(worker_link& w) {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
            throw system_error("socketpair");
        try {
            w.pid = spawn_worker(settings.program, ends[1], statistics.descriptor());
        } catch (...) {
            ::close(ends[0]);
            ::close(ends[1]);
            throw;
        }
        ::close(ends[1]); // the worker's death must be the end of the stream
        w.socket.assign(asio::local::stream_protocol{}, ends[0]);

        worker_settings own = settings.worker;
        own.number = static_cast<std::uint32_t>(w.number);
        w.outbox.clear();
        append_frame(w.outbox, own);
        w.credit = 0;
        w.alone = false;
    }

    /// Collects a worker that has closed its end; returns how it died.
    int bury(worker_link& w) {
        boost::system::error_code ignored;
        w.socket.close(ignored);
        // What is left of a write must not go to the next worker's socket.
        changed.wait(one_thread, [&] { return !w.writing; });
        int status = 0;
        while (::waitpid(w.pid, &status, 0) < 0 && errno == EINTR) {
        }
        w.pid = -1;
        statistics[w.number].in_flight.store(0, std::memory_order_relaxed);
        for (const auto& [id, given] : w.given)
            remove_part(given.what);
        return status;
    }

    void remove_part(const task& t) const {
        const std::string& folder = settings.worker.folder;
        if (!folder.empty())
            ::unlink((folder + '/' +
                      part_name(file_name(t.url), settings.worker.supervisor, t.id))
                         .c_str());
    }

    // [redistribute]
    /// Gives what a dead worker had to others, or up.
    void redistribute(worker_link& w, int wait_status) {
        ++totals.workers_lost;
        for (auto& [id, lost] : std::exchange(w.given, {})) {
            ++lost.deaths;
            lost.deaths_alone += w.alone ? 1 : 0;
            if (lost.deaths_alone == deaths_alone_until_given_up)
                give_up(lost.what, fmt::format("given up: {} workers died with it, the "
                                               "last of: {}",
                                               lost.deaths, how_it_died(wait_status)));
            else if (lost.deaths >= deaths_until_suspect)
                suspects.push_back(std::move(lost));
            else
                waiting.push_front(std::move(lost));
        }
    }

    // [/redistribute]

    void give_up(const task& t, const std::string& why) {
        outcome o{.id = t.id};
        o.error = std::make_error_code(std::errc::owner_dead);
        report(t, o, -1, why);
    }

    void report(const task& t, const outcome& o, int worker, const std::string& error) {
        ++totals.done;
        totals.failed += o.error ? 1 : 0;
        totals.saved += o.file.empty() ? 0 : 1;
        totals.bytes += o.bytes;
        (*on_outcome)(t, o, worker, error);
    }

    // --- handing out

    // [credit]
    /// How many more URLs a worker may be given now: one for each of its fibers, and
    /// ahead of that twice as many as it got done since we last looked. None before it
    /// has greeted us: what dies while it starts takes no URL with it.
    std::size_t room(const worker_link& w) const {
        if (!w.greeted || w.alone) return 0;
        const std::size_t may_have = settings.worker.concurrency + w.credit;
        return may_have - std::min(may_have, w.given.size());
    }

    // [/credit]

    void give(worker_link& w, job&& j) {
        append_frame(w.outbox, j.what);
        const std::uint64_t id = j.what.id;
        w.given.emplace(id, std::move(j));
        w.outbox_filled.notify_one();
    }

    /// Hands out as much as there is room for; the worker with the fewest goes first.
    void hand_out() {
        while (!waiting.empty()) {
            worker_link* least = nullptr;
            for (const auto& w : workers)
                if (room(*w) > 0 && (!least || w->given.size() < least->given.size()))
                    least = w.get();
            if (!least) return;
            give(*least, std::move(waiting.front()));
            waiting.pop_front();
        }
        for (const auto& w : workers)
            if (!suspects.empty() && w->greeted && w->given.empty()) {
                w->alone = true;
                give(*w, std::move(suspects.front()));
                suspects.pop_front();
            }
    }

    bool nothing_left() const {
        return list_ended && waiting.empty() && suspects.empty() &&
               std::ranges::all_of(workers,
                                   [](const auto& w) { return w->given.empty(); });
    }

    // --- the fibers

    void guarded(const std::function<void()>& body) {
        try {
            body();
        } catch (...) {
            if (!failure) failure = std::current_exception();
            abort();
        }
    }

    /// Takes URLs from the list, a little ahead of what is handed out.
    void read_list() {
        while (!draining) {
            changed.wait(one_thread,
                         [this] { return draining || waiting.size() < read_ahead; });
            if (draining) break;
            std::optional<std::string> url = urls->next();
            if (!url || draining) break;
            task t{totals.taken++, std::move(*url)};
            if (t.url.size() > longest_url) {
                report(t, {.id = t.id, .error = http_error::bad_url}, -1, {});
                continue;
            }
            waiting.push_back({std::move(t)});
            if (waiting.size() == read_ahead || waiting.size() == 1) changed.notify_all();
        }
        list_ended = true;
        changed.notify_all();
    }

    void write_tasks(worker_link& w) {
        while (!closing) {
            w.outbox_filled.wait(
                one_thread, [&] { return closing || (w.pid >= 0 && !w.outbox.empty()); });
            if (closing) break;
            const std::string batch = std::exchange(w.outbox, {});
            boost::system::error_code ignored; // the reader sees the death as well
            w.writing = true;
            asio::async_write(w.socket, asio::buffer(batch), yield[ignored]);
            w.writing = false;
            changed.notify_all();
        }
    }

    void read_outcomes(worker_link& w) {
        std::vector<char> bytes(64 << 10);
        frame_reader frames;
        for (;;) {
            boost::system::error_code e;
            const std::size_t size =
                w.socket.async_read_some(asio::buffer(bytes), yield[e]);
            if (e) break;
            frames.append({bytes.data(), size});
            std::size_t done = 0;
            while (const auto frame = frames.next()) {
                if (frame->empty()) {
                    w.greeted = true;
                    useless = 0;
                    changed.notify_all();
                    continue;
                }
                take(w, decode_outcome(*frame));
                ++done;
            }
            frames.discard_read();
            if (done == 0) continue;
            w.credit = settings.ahead ? 2 * done : 0;
            changed.notify_all();
        }
    }

    void take(worker_link& w, const outcome& o) {
        const auto given = w.given.find(o.id);
        if (given == w.given.end())
            throw std::runtime_error{"an outcome for nobody's task"};
        const job done = std::move(given->second);
        w.given.erase(given);
        w.alone = false;
        report(done.what, o, static_cast<int>(w.number), {});
    }

    /// Keeps one worker process running until everything is done.
    void keep_running(worker_link& w) {
        while (!closing) {
            read_outcomes(w);
            const bool started = std::exchange(w.greeted, false); // no more for it
            const int status = bury(w);
            if (closing || aborted) break;
            redistribute(w, status);
            if (!started && ++useless >= useless_starts)
                throw std::runtime_error{fmt::format(
                    "workers die as soon as they are started ({})", how_it_died(status))};
            start(w);
            w.outbox_filled.notify_one();
            changed.notify_all();
        }
    }

    void drain() {
        draining = true;
        waiting.clear();
        suspects.clear();
        list_ended = true;
        if (urls) urls->close();
        changed.notify_all();
    }

    void abort() {
        aborted = true;
        drain();
        for (const auto& w : workers)
            if (w->pid > 0) ::kill(w->pid, SIGKILL);
    }
};

supervisor::supervisor(event_loop& loop, supervisor_settings settings)
    : state_(std::make_unique<state>(loop, std::move(settings))) {
    auto& s = *state_;
    for (std::size_t i = 0; i < s.settings.processes; ++i) {
        s.workers.push_back(std::make_unique<worker_link>(i, loop.context()));
        s.start(*s.workers.back());
    }
}

supervisor::~supervisor() = default;

void supervisor::run(url_source& urls, const outcome_sink& on_outcome) {
    auto& s = *state_;
    s.urls = &urls;
    s.on_outcome = &on_outcome;

    std::vector<fiber> fibers;
    fibers.emplace_back([&] { s.guarded([&] { s.read_list(); }); });
    for (const auto& w : s.workers) {
        fibers.emplace_back([&s, &w] { s.guarded([&] { s.write_tasks(*w); }); });
        fibers.emplace_back([&s, &w] { s.guarded([&] { s.keep_running(*w); }); });
    }

    while (!s.aborted && !s.nothing_left()) {
        s.hand_out();
        s.changed.notify_all(); // there may be room in the queue again
        s.changed.wait(s.one_thread);
    }

    s.closing = true;
    for (const auto& w : s.workers) { // the end of the stream tells a worker to go home
        boost::system::error_code ignored;
        if (w->pid > 0) w->socket.shutdown(asio::socket_base::shutdown_send, ignored);
        w->outbox_filled.notify_all();
    }
    for (fiber& f : fibers)
        f.join();
    if (s.failure) std::rethrow_exception(s.failure);
}

void supervisor::drain() {
    state_->drain();
}

void supervisor::abort() {
    state_->abort();
}

const run_totals& supervisor::totals() const noexcept {
    return state_->totals;
}

shared_statistics& supervisor::statistics() noexcept {
    return state_->statistics;
}

} // namespace ladder::fetcher
