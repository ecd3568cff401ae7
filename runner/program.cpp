#include "program.hpp"

#include "fibers_on_asio/event_loop.hpp"
#include "fibers_on_asio/yield.hpp"
#include "processes/pipe.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/fiber.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
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
constexpr auto patience_to_clean_up = std::chrono::seconds{5};
constexpr auto pause_between_looks = std::chrono::milliseconds{5};

struct member {
    pid_t pid, group;
};

/// Who is alive in this session. proc_pid_stat(5): pid (name) state ppid pgrp session …
std::vector<member> running_in(pid_t session) {
    namespace fs = std::filesystem;
    std::vector<member> found;
    for (const auto& process : fs::directory_iterator{"/proc"}) {
        std::ifstream file{process.path() / "stat"};
        std::string stat;
        if (!std::getline(file, stat)) continue;
        std::istringstream rest{stat.substr(stat.rfind(')') + 1)};
        char state = 0;
        pid_t parent = 0, group = 0, its_session = 0;
        if (rest >> state >> parent >> group >> its_session && its_session == session &&
            state != 'Z')
            found.push_back({std::stoi(process.path().filename()), group});
    }
    return found;
}

void kill_all(const std::vector<member>& members, int signal) {
    for (const member& one : members)
        ::kill(one.pid, signal);
}

unique_fd checked(int fd, const char* what) {
    if (fd < 0) throw std::system_error{errno, std::generic_category(), what};
    return unique_fd{fd};
}

/// As long as it lives, what is started finds this TMPDIR, unless it is empty.
class temporary_files_in {
public:
    explicit temporary_files_in(const std::string& folder) {
        if (folder.empty()) return;
        if (const char* ours = std::getenv(name)) before_ = ours;
        changed_ = ::setenv(name, folder.c_str(), 1) == 0;
    }
    ~temporary_files_in() {
        if (!changed_) return;
        before_ ? ::setenv(name, before_->c_str(), 1) : ::unsetenv(name);
    }
    temporary_files_in(const temporary_files_in&) = delete;
    temporary_files_in& operator=(const temporary_files_in&) = delete;

private:
    static constexpr const char* name = "TMPDIR";
    std::optional<std::string> before_;
    bool changed_ = false;
};

} // namespace

void program_runner::cancel() {
    if (running_ != nullptr && !cancelled_)
        kill_all(running_in(running_->pid()), cleans_up_ ? SIGTERM : SIGKILL);
    cancelled_ = true;
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
    auto child = [&] {
        const temporary_files_in folder{options.temporary_files};
        return processes::child_process::spawn(
            argv,
            {.input = nothing.get(), .output = out, .error = out, .own_session = true});
    }();
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

    asio::steady_timer timer{loop_.context()};
    const auto pause = [&] {
        timer.expires_after(pause_between_looks);
        timer.async_wait(yield[error]);
    };
    if (cancelled_ && cleans_up_) // what it started may end later than itself
        for (const auto last = clock::now() + patience_to_clean_up;
             !running_in(child.pid()).empty() && clock::now() < last;)
            pause();

    // It has ended, but was not waited for, so its number and its session's are still its
    // own. What they have written is in the pipe: take it, and wait for nobody else.
    auto left = running_in(child.pid());
    // Not those in a group of their own, which end by themselves when their owner has: a
    // test's server is one.
    result.left_processes = !result.timed_out && !cancelled_ &&
                            std::ranges::count(left, child.pid(), &member::group) > 0;
    // Who was just starting another is dead in the next round, and cannot start a third.
    for (; !left.empty(); left = running_in(child.pid())) {
        kill_all(left, SIGKILL);
        pause();
    }
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
