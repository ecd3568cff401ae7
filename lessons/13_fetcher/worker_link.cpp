#include "worker_link.hpp"

#include "fibers_on_asio/yield.hpp"
#include "processes/unique_fd.hpp"
#include "worker.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <utility>

#include <sys/socket.h>

namespace ladder::fetcher {

namespace asio = boost::asio;
using fibers_on_asio::yield;
using processes::child_process;
using processes::unique_fd;

worker_link::worker_link(boost::asio::io_context& io, const std::string& program,
                         worker_settings settings, shared_statistics& statistics)
    : program_(program),
      settings_(std::move(settings)),
      statistics_(statistics),
      socket_(io) {}

worker_link::~worker_link() {
    if (!process_) return;
    kill();
    bury();
}

// [start]
/// Spawned, not forked: a copy of a running event loop would share its epoll descriptor
/// with us, and of our threads only this one would be there.
void worker_link::start() {
    changed_.wait(one_thread_, [this] { return !sending_; });
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw std::system_error{errno, std::generic_category(), "socketpair"};
    unique_fd ours{ends[0]}, theirs{ends[1]};
    // Ctrl-C, and what is sent to the process group, is for the supervisor to handle.
    process_ = child_process::spawn(
        std::array{program_, std::string{worker_argument}},
        {.descriptors = {{worker_socket, theirs.get()},
                         {worker_statistics_memory, statistics_.descriptor()}},
         .blocked = {SIGINT, SIGTERM, SIGHUP}});
    socket_.assign(asio::local::stream_protocol{}, ours.get());
    static_cast<void>(ours.release());
    // `theirs` closes: the process has the only one, and its death ends the stream.

    frames_ = {};
    silent_ = 0;
    outbox_.clear();
    append_frame(outbox_, settings_);
    changed_.notify_all();
}

// [/start]

bool worker_link::receive() {
    frames_.discard_read();
    boost::system::error_code e;
    const std::size_t size = socket_.async_read_some(asio::buffer(bytes_), yield[e]);
    frames_.append({bytes_.data(), size});
    return !e;
}

processes::exit_status worker_link::bury() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    const auto status = process_->wait();
    process_.reset();
    statistics_[number()].in_flight.store(0, std::memory_order_relaxed);
    std::error_code not_there;
    if (!settings_.folder.empty())
        std::filesystem::remove_all(settings_.folder + '/' + settings_.parts, not_there);
    return status;
}

void worker_link::send(const task& what) {
    append_frame(outbox_, what);
    changed_.notify_all();
}

void worker_link::send_tasks() {
    for (;;) {
        changed_.wait(one_thread_,
                      [this] { return closed_ || (process_ && !outbox_.empty()); });
        if (closed_) return;
        const std::string batch = std::exchange(outbox_, {});
        boost::system::error_code ignored; // the reader sees the death as well
        sending_ = true;
        asio::async_write(socket_, asio::buffer(batch), yield[ignored]);
        sending_ = false;
        changed_.notify_all();
    }
}

void worker_link::stop() {
    if (!process_) return;
    append_stop(outbox_);
    changed_.notify_all();
}

void worker_link::look() noexcept {
    if (!process_) return;
    const auto now = statistics_[number()].heartbeat.load(std::memory_order_relaxed);
    silent_ = now == std::exchange(heartbeat_, now) ? silent_ + 1 : 0;
}

void worker_link::close() {
    closed_ = true;
    boost::system::error_code ignored;
    if (process_) socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    changed_.notify_all();
}

void worker_link::kill() {
    if (process_) process_->kill(SIGKILL);
}

} // namespace ladder::fetcher
