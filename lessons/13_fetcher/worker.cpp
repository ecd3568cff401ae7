#include "worker.hpp"

#include "connections.hpp"
#include "event_loop.hpp"
#include "no_lock.hpp"
#include "page_file.hpp"
#include "protocol.hpp"
#include "sha256.hpp"
#include "statistics.hpp"
#include "timeline.hpp"
#include "yield.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace asio = boost::asio;
using boost::fibers::condition_variable_any;
using boost::fibers::fiber;
using fibers_on_asio::event_loop;
using fibers_on_asio::yield;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds first_pause{100}; // before the second attempt; then doubled
constexpr milliseconds longest_pause{5000};
constexpr milliseconds descriptor_pause{20}; // when there are no descriptors left

/// May the same request work if it is sent again?
bool worth_another_try(const outcome& o) {
    if (o.disk_failed) return false;
    if (!o.error) { // RFC 9110 §15: the server says that it is for now
        static constexpr std::array for_now{408, 429, 500, 502, 503, 504};
        return std::ranges::find(for_now, o.status) != for_now.end();
    }
    return o.error == http_error::truncated ||
           &o.error.category() != &make_error_code(http_error{}).category();
}

bool out_of_descriptors(const std::error_code& e) {
    return e == std::errc::too_many_files_open ||
           e == std::errc::too_many_files_open_in_system;
}

class worker {
public:
    worker(event_loop& loop, worker_settings settings)
        : settings_(std::move(settings)),
          loop_(loop),
          statistics_(shared_[settings_.number]),
          idle_connections_(settings_.concurrency),
          addresses_(loop.context()) {
        if (settings_.folder.empty()) return;
        folder_ = ::open(settings_.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (folder_ < 0)
            throw std::system_error{errno, std::generic_category(), settings_.folder};
        saver_ = fiber{[this] { save_pages(); }};
    }

    ~worker() {
        if (folder_ >= 0) ::close(folder_);
    }

    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    void add(task t) {
        tasks_.push_back(std::move(t));
        if (waiting_ < tasks_.size() && fibers_.size() < settings_.concurrency)
            fibers_.emplace_back([this] { serve(); });
        work_.notify_one();
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
    }

    pid_t supervisor() const noexcept { return settings_.supervisor; }

    /// Outcomes, as frames, that nobody has taken yet.
    std::string outbox;
    condition_variable_any outbox_filled;

private:
    /// What came of a task, and the page in it, if there is one to save.
    struct fetched {
        outcome o;
        std::optional<page_file> page;
    };

    void serve() {
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
            fetched f = fetch(t, hash);
            worker_statistics::add(statistics_.in_flight, std::uint64_t(-1));
            if (!f.page) {
                report(f.o);
                continue;
            }
            unsaved_.push_back(std::move(f));
            unsaved_changed_.notify_all();
            unsaved_changed_.wait(
                lock, [this] { return unsaved_.size() <= settings_.concurrency; });
        }
    }

    void report(const outcome& o) {
        worker_statistics::add(statistics_.pages, 1);
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
            for (fetched& f : std::exchange(unsaved_, {})) {
                save(*f.page, f.o);
                report(f.o);
            }
            unsaved_changed_.notify_all();
        }
    }

    // [/save_pages]

    void save(page_file& page, outcome& o) {
        o.error = page.finish();
        while (out_of_descriptors(o.error)) { // they come back
            if (!idle_connections_.close_oldest())
                boost::this_fiber::sleep_for(descriptor_pause);
            o.error = page.finish();
        }
        o.disk_failed = bool{o.error};
        if (o.error)
            o.sha256.clear();
        else
            o.file = page.name();
    }

    fetched fetch(const task& t, sha256& hash) {
        const timeline::span span{timeline::kind::waits, t.url};
        const auto start = steady_clock::now();
        fetched f{.o = {.id = t.id}, .page = {}};
        outcome& o = f.o;
        const http_url url = parse_url(t.url, o.error);
        for (milliseconds pause = first_pause; !o.error || o.attempts > 0;
             pause = std::min(2 * pause, longest_pause)) {
            attempt(t, url, hash, f);
            if (o.attempts > settings_.retries || !worth_another_try(o)) break;
            boost::this_fiber::sleep_for(pause);
        }
        o.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(
            steady_clock::now() - start);
        return f;
    }

    // [attempt]
    void attempt(const task& t, const http_url& url, sha256& hash, fetched& f) {
        const auto deadline = steady_clock::now() + settings_.timeout;
        const std::string authority = url.authority();
        outcome& o = f.o;
        o = {.id = o.id, .attempts = o.attempts + 1}; // nothing of the one before

        std::optional<tcp::socket> socket = idle_connections_.take(authority);
        if (socket) {
            // The server may have closed it while it was idle. If nothing of an answer
            // was seen, the request goes out again on a fresh one (RFC 9112 §9.3.1).
            if (exchange_on(*socket, t, url, deadline, hash, f)) return;
        }
        o.error = {};
        socket.emplace(loop_.context());
        connect(*socket, url, deadline, o.error);
        if (!o.error) exchange_on(*socket, t, url, deadline, hash, f);
    }

    // [/attempt]

    /// Returns false when the connection was stale.
    bool exchange_on(tcp::socket& socket, const task& t, const http_url& url,
                     time_point deadline, sha256& hash, fetched& f) {
        hash.restart();
        outcome& o = f.o;
        std::optional<page_file> file;
        if (folder_ >= 0) file.emplace(folder_, t.url, settings_.supervisor, t.id);
        std::error_code disk_error;

        http_exchange* self = nullptr;
        http_exchange exchange{url,
                               {.max_body = settings_.max_bytes,
                                .user_agent = settings_.user_agent,
                                .sink = [&](std::string_view piece) {
                                    hash.update(piece);
                                    if (file && self->status() / 100 == 2)
                                        disk_error = file->write(piece);
                                    worker_statistics::add(statistics_.bytes,
                                                           piece.size());
                                    return disk_error;
                                }}};
        self = &exchange;

        const std::error_code error = move_bytes(socket, exchange, deadline);
        o.status = exchange.status();
        o.bytes = exchange.body_size();
        o.error = error ? error : exchange.error();
        if (o.error && !exchange.started() && o.error != std::errc::timed_out)
            return false;

        if (!o.error) {
            o.sha256 = hash.finish();
            if (file && o.status / 100 == 2) f.page.emplace(std::move(*file));
            if (exchange.keep_alive())
                idle_connections_.put(url.authority(), std::move(socket));
        }
        if (disk_error) {
            o.error = disk_error;
            o.disk_failed = !out_of_descriptors(disk_error); // those come back
        }
        return true;
    }

    static std::error_code move_bytes(tcp::socket& socket, http_exchange& exchange,
                                      time_point deadline) {
        boost::system::error_code e;
        // A request nearly always fits into the socket's buffer: nothing to wait for.
        exchange.sent(socket.write_some(asio::buffer(exchange.to_send()), e));
        if (e == asio::error::would_block) e = {};
        while (!e && !exchange.to_send().empty())
            exchange.sent(socket.async_write_some(asio::buffer(exchange.to_send()),
                                                  yield.until(deadline)[e]));
        while (!e && !exchange.done()) {
            const auto room = exchange.room();
            const std::size_t size = socket.async_read_some(
                asio::buffer(room.data(), room.size()), yield.until(deadline)[e]);
            if (e == asio::error::eof) e = {}; // and size is 0
            if (!e) exchange.received(size);
        }
        return e;
    }

    void connect(tcp::socket& socket, const http_url& url, time_point deadline,
                 std::error_code& error) {
        deadline = std::min(deadline, steady_clock::now() + settings_.connect_timeout);
        boost::system::error_code e;
        for (const tcp::endpoint& address : addresses_.find(url, deadline, error)) {
            e = connect(socket, address, deadline);
            if (!e) break;
        }
        if (!error) error = e;
    }

    boost::system::error_code connect(tcp::socket& socket, const tcp::endpoint& address,
                                      time_point deadline) {
        boost::system::error_code e;
        socket.close(e);
        while (socket.open(address.protocol(), e), out_of_descriptors(e)) {
            if (idle_connections_.close_oldest()) continue;
            if (steady_clock::now() >= deadline) return e;
            boost::this_fiber::sleep_for(descriptor_pause);
        }
        if (!e) socket.async_connect(address, yield.until(deadline)[e]);
        if (!e) socket.non_blocking(true, e);
        if (!e) worker_statistics::add(statistics_.connections, 1);
        return e;
    }

    worker_settings settings_;
    event_loop& loop_;
    shared_statistics shared_{worker_statistics_memory};
    worker_statistics& statistics_;
    int folder_ = -1;

    std::deque<task> tasks_;
    std::size_t waiting_ = 0; ///< Fibers that wait for a task.
    bool closed_ = false;
    condition_variable_any work_;
    std::vector<fiber> fibers_;

    std::vector<fetched> unsaved_;
    bool all_fetched_ = false;
    condition_variable_any unsaved_changed_;
    fiber saver_;

    idle_connections idle_connections_;
    host_addresses addresses_;
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

    event_loop loop;
    connection_to_supervisor supervisor{loop.context(), asio::local::stream_protocol{},
                                        worker_socket};
    frame_reader frames;
    auto settings = frames.next();
    while (!settings) {
        if (!receive(supervisor, frames)) return 1;
        settings = frames.next();
    }
    worker w{loop, decode_settings(*settings)};
    if (::getppid() != w.supervisor()) return 1; // it died before we asked to die with it

    append_greeting(w.outbox);
    bool closed = false;
    fiber sender{[&] { send_outcomes(supervisor, w, closed); }};
    do {
        while (const auto frame = frames.next())
            w.add(decode_task(*frame));
        frames.discard_read();
    } while (receive(supervisor, frames));

    w.finish();
    closed = true;
    w.outbox_filled.notify_one();
    sender.join();
    std::_Exit(0); // not held up by a name lookup that is still on its way
}

} // namespace ladder::fetcher
