#include "program.hpp"

#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/yield.hpp"
#include "processes/pipe.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/fiber.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ladder::learn {

namespace {

using fibers_on_asio::yield;
using processes::unique_fd;
using clock = std::chrono::steady_clock;
namespace asio = boost::asio;

constexpr std::size_t most_output = 4 << 20;
constexpr auto patience_to_clean_up = std::chrono::seconds{2};
constexpr auto pause_between_looks = std::chrono::milliseconds{5};

/// Is a process of this group alive? proc_pid_stat(5): pid (name) state ppid pgrp …
bool group_runs(pid_t group) {
    namespace fs = std::filesystem;
    for (const auto& process : fs::directory_iterator{"/proc"}) {
        std::ifstream file{process.path() / "stat"};
        std::string stat;
        if (!std::getline(file, stat)) continue;
        std::istringstream rest{stat.substr(stat.rfind(')') + 1)};
        char state = 0;
        pid_t parent = 0, its_group = 0;
        if (rest >> state >> parent >> its_group && its_group == group && state != 'Z')
            return true;
    }
    return false;
}

unique_fd checked(int fd, const char* what) {
    if (fd < 0) throw std::system_error{errno, std::generic_category(), what};
    return unique_fd{fd};
}

} // namespace

void program_runner::cancel() {
    const bool ask = cleans_up_ && !cancelled_; // once
    cancelled_ = true;
    if (running_ != nullptr) running_->kill_group(ask ? SIGTERM : SIGKILL);
}

program_result program_runner::run(const std::vector<std::string>& argv,
                                   const program_options& options) {
    program_result result;
    if (cancelled_) {
        result.cancelled = true;
        return result;
    }
    const unique_fd nothing =
        checked(::open("/dev/null", O_RDONLY | O_CLOEXEC), "/dev/null");
    processes::pipe_ends pipe = processes::make_pipe();
    const int out = pipe.write.get();
    auto child = processes::child_process::spawn(
        argv, {.input = nothing.get(), .output = out, .error = out, .own_group = true});
    pipe.write.reset();
    running_ = &child;
    cleans_up_ = options.cleans_up;

    asio::posix::stream_descriptor output{loop_.context(), pipe.read.release()};
    // Readable when the child has ended: a descriptor that the event loop can wait for.
    asio::posix::stream_descriptor end{
        loop_.context(),
        checked(static_cast<int>(::syscall(SYS_pidfd_open, child.pid(), 0)), "pidfd_open")
            .release()};

    const auto take = [&](std::string_view some) {
        if (options.on_output) options.on_output(some);
        if (result.output.size() < most_output) result.output += some;
    };
    std::array<char, 16'384> bytes{};
    boost::fibers::fiber reader{boost::fibers::launch::dispatch, [&] {
                                    boost::system::error_code error;
                                    while (true) {
                                        const auto size = output.async_read_some(
                                            asio::buffer(bytes), yield[error]);
                                        if (error) return;
                                        take({bytes.data(), size});
                                    }
                                }};
    boost::system::error_code error;
    end.async_wait(asio::posix::stream_descriptor::wait_read,
                   yield.until(clock::now() + options.limit)[error]);
    result.timed_out = error == asio::error::timed_out;

    if (cancelled_ && cleans_up_) { // what it started may end later than itself
        asio::steady_timer timer{loop_.context()};
        for (const auto last = clock::now() + patience_to_clean_up;
             group_runs(child.pid()) && clock::now() < last;) {
            timer.expires_after(pause_between_looks);
            timer.async_wait(yield[error]);
        }
    }

    // It has ended, but was not waited for, so its number and its group's are still its
    // own. What the group has written is in the pipe: take it, and wait for nobody else.
    result.left_processes = !result.timed_out && !cancelled_ && group_runs(child.pid());
    child.kill_group(SIGKILL);
    const auto status = child.wait();
    output.cancel();
    reader.join();
    output.native_non_blocking(true);
    for (ssize_t size;
         (size = ::read(output.native_handle(), bytes.data(), bytes.size())) > 0;)
        take({bytes.data(), static_cast<std::size_t>(size)});
    running_ = nullptr;
    result.cancelled = cancelled_;
    if (!result.timed_out && !cancelled_) result.status = status;
    return result;
}

int with_programs(const std::function<int(program_runner&)>& work) {
    fibers_on_asio::event_loop loop;
    program_runner runner{loop};
    asio::signal_set signals{loop.context(), SIGINT, SIGTERM, SIGHUP};
    bool stopped = false;
    // It begins at once: a cancel() before it waits would be lost.
    boost::fibers::fiber listener{boost::fibers::launch::dispatch, [&] {
                                      boost::system::error_code error;
                                      signals.async_wait(yield[error]);
                                      if (error) return;
                                      stopped = true;
                                      runner.cancel();
                                  }};
    int status = 1;
    std::exception_ptr failure;
    try {
        status = work(runner);
    } catch (...) {
        failure = std::current_exception();
    }
    signals.cancel();
    listener.join();
    if (stopped) return stopped_by_hand;
    if (failure) std::rethrow_exception(failure);
    return status;
}

} // namespace ladder::learn
