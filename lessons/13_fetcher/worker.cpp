#include "worker.hpp"

#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/no_lock.hpp"
#include "fibers_on_asio/yield.hpp"
#include "heart.hpp"
#include "host_limits.hpp"
#include "kill_order.hpp"
#include "page_fetcher.hpp"
#include "page_filter.hpp"
#include "protocol.hpp"
#include "sha256.hpp"
#include "statistics.hpp"
#include "workbench/interleave.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/fiber.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace asio = boost::asio;
using boost::fibers::condition_variable_any;
using boost::fibers::fiber;
using fibers_on_asio::event_loop;
using fibers_on_asio::no_lock;
using fibers_on_asio::yield;

namespace {

outcome failed_to_save(outcome o, std::error_code error) {
    o.error = error;
    o.disk_failed = true;
    o.sha256.clear();
    o.file.clear();
    o.next.reset();
    return o;
}

[[noreturn]] void no_memory() {
    std::_Exit(out_of_memory);
}

/// The fibers of one worker process, and what they hand each other. A task waits in
/// `tasks_` until one of the serving fibers, of which there are never more than there
/// were tasks, takes it. Its outcome goes into `outbox`, for the fiber that sends; when
/// there is a page to save it goes by way of `unsaved_`, to the one fiber that saves.
/// `closed_` says that no task will come, `all_fetched_` that nothing unsaved will.
class worker {
public:
    worker(event_loop& loop, worker_settings settings)
        : settings_(std::move(settings)),
          statistics_(shared_[settings_.number]),
          pages_(loop, settings_, statistics_) {
        if (settings_.match.active()) filter_.emplace(pages_, settings_.match);
        share_kill_order(shared_.arrivals());
        if (!settings_.folder.empty() || !settings_.archive_name.empty())
            saver_ = fiber{[this] { save_pages(); }};
    }

    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    void add(task t) {
        point("worker: task received");
        if (t.learnt) {
            if (filter_) filter_->learn(t);
            return;
        }
        if (stopping_) {
            report({.id = t.id, .given_back = true});
            return;
        }
        tasks_.push_back(std::move(t));
        if (waiting_ < tasks_.size() && fibers_.size() < settings_.concurrency)
            begin_serving();
        work_.notify_one();
    }

    /// What has not begun is given back, now and from now on.
    void stop() {
        stopping_ = true;
        for (const task& t : std::exchange(tasks_, {}))
            report({.id = t.id, .given_back = true});
    }

    /// No more tasks will come. Returns when all are done.
    void finish() {
        closed_ = true;
        work_.notify_all();
        for (fiber& f : fibers_)
            f.join();
        all_fetched_ = true;
        unsaved_changed_.notify_all();
        if (saver_.joinable()) saver_.join();
        pages_.finish();
    }

    worker_statistics& statistics() noexcept { return statistics_; }

    /// Outcomes, as frames, that nobody has taken yet.
    std::string outbox;
    condition_variable_any outbox_filled;

private:
    void serve(std::size_t number) {
        sha256 hash;
        no_lock lock;
        for (;;) {
            ++waiting_;
            work_.wait(lock, [this] { return closed_ || !tasks_.empty(); });
            --waiting_;
            if (tasks_.empty()) return;
            const task t = std::move(tasks_.front());
            tasks_.pop_front();

            worker_statistics::add(statistics_.in_flight, 1);
            point("worker: task begun");
            fetched f = fetch(t, hash);
            f.o.fiber = static_cast<std::uint32_t>(number);
            point("worker: page fetched");
            worker_statistics::add(statistics_.in_flight, std::uint64_t(-1));
            const bool in_trouble = f.o.status == 429 || f.o.status == 503;
            if (!pages_.is_to_be_saved(f)) {
                report(f.o);
                if (in_trouble) return_others_of(t.at.empty() ? t.url : t.at);
                continue;
            }
            unsaved_.push_back(std::move(f));
            if (in_trouble) return_others_of(t.at.empty() ? t.url : t.at);
            unsaved_changed_.notify_all();
            unsaved_changed_.wait(
                lock, [this] { return unsaved_.size() <= settings_.concurrency; });
        }
    }

    fetched fetch(const task& t, sha256& hash) try {
        return filter_ ? filter_->fetch(t, hash) : pages_.fetch(t, hash);
    } catch (const std::bad_alloc&) {
        no_memory();
    }

    void begin_serving() try {
        fibers_.emplace_back([this, number = fibers_.size()] { serve(number); });
    } catch (const std::bad_alloc&) { // for its stack
        no_memory();
    }

    /// A host in trouble gets no more of what waits here for it: the supervisor knows
    /// when.
    void return_others_of(const std::string& url) {
        const std::string host = host_of(url);
        std::erase_if(tasks_, [&](const task& t) {
            if (host_of(t.at.empty() ? t.url : t.at) != host) return false;
            report({.id = t.id, .next = next_request{.at = t.at, .so_far = t.so_far}});
            return true;
        });
    }

    void report(const outcome& o) {
        append_frame(outbox, o);
        outbox_filled.notify_one();
    }

    // [save_pages]
    /// Saves what the other fibers fetched. It gets its turn when all of them had theirs:
    /// their next requests are on the way, and the server works while we save.
    void save_pages() {
        no_lock lock;
        for (;;) {
            unsaved_changed_.wait(lock,
                                  [this] { return all_fetched_ || !unsaved_.empty(); });
            if (unsaved_.empty()) return;
            std::vector<fetched> batch = std::exchange(unsaved_, {});
            for (fetched& f : batch)
                pages_.save(f);
            const std::error_code lost = pages_.flush(); // when they are in an archive
            for (fetched& f : batch) {
                if (lost && !f.o.error) f.o = failed_to_save(f.o, lost);
                report(f.o);
            }
            unsaved_changed_.notify_all();
        }
    }

    // [/save_pages]

    worker_settings settings_;
    shared_statistics shared_{worker_statistics_memory};
    worker_statistics& statistics_;
    page_fetcher pages_;
    std::optional<page_filter> filter_; ///< When not every page is looked for.

    bool stopping_ = false; ///< Nothing new begins.
    std::deque<task> tasks_;
    std::size_t waiting_ = 0; ///< Fibers that wait for a task.
    bool closed_ = false;
    condition_variable_any work_;
    std::vector<fiber> fibers_;

    std::vector<fetched> unsaved_;
    bool all_fetched_ = false;
    condition_variable_any unsaved_changed_;
    fiber saver_;
};

using connection_to_supervisor = asio::local::stream_protocol::socket;

/// False when the supervisor has closed its end.
bool receive(connection_to_supervisor& supervisor, frame_reader& frames) {
    std::array<char, 64 << 10> bytes;
    boost::system::error_code e;
    const std::size_t size = supervisor.async_read_some(asio::buffer(bytes), yield[e]);
    frames.append({bytes.data(), size});
    return !e;
}

/// Sends what is in the outbox until it is closed. While one batch is being written, the
/// next one gathers.
void send_outcomes(connection_to_supervisor& supervisor, worker& w, const bool& closed) {
    no_lock lock;
    boost::system::error_code e;
    while (!e) {
        w.outbox_filled.wait(lock, [&] { return closed || !w.outbox.empty(); });
        if (w.outbox.empty()) return;
        const std::string batch = std::exchange(w.outbox, {});
        asio::async_write(supervisor, asio::buffer(batch), yield[e]);
        point("worker: outcomes sent");
    }
}

} // namespace

int run_worker() {
    // The heap grows and shrinks with what is in flight; giving it back each time would
    // cost a page fault per page.
    ::mallopt(M_TRIM_THRESHOLD, 8 << 20);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a worker never outlives its supervisor
    std::signal(SIGPIPE, SIG_IGN);      // these come as errors, and are told as such
    std::signal(SIGXFSZ, SIG_IGN);
    std::set_new_handler(no_memory);

    event_loop loop;
    connection_to_supervisor supervisor{loop.context(), asio::local::stream_protocol{},
                                        worker_socket};
    frame_reader frames;
    auto settings = frames.next();
    while (!settings) {
        if (!receive(supervisor, frames)) return 1;
        settings = frames.next();
    }
    worker_settings known = decode_settings(*settings);
    if (::getppid() != known.supervisor)
        return 1; // it died before we asked to die with it
    worker w{loop, std::move(known)};
    const heart alive{loop.context(), w.statistics()};
    point("worker: started");

    append_greeting(w.outbox);
    bool closed = false;
    fiber sender{[&] { send_outcomes(supervisor, w, closed); }};
    do {
        while (const auto frame = frames.next())
            frame->empty() ? w.stop() : w.add(decode_task(*frame));
        frames.discard_read();
    } while (receive(supervisor, frames));

    w.finish();
    closed = true;
    w.outbox_filled.notify_one();
    sender.join();
    std::_Exit(0); // not held up by a name lookup that is still on its way
}

} // namespace ladder::fetcher
