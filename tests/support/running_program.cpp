#include "running_program.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ladder {

namespace {

int new_file() {
    const int file = ::memfd_create("output", MFD_CLOEXEC);
    if (file < 0) throw std::system_error{errno, std::generic_category(), "memfd"};
    ::fcntl(file, F_SETFL, O_APPEND);
    return file;
}

std::string content(int file) {
    std::string text(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)), '\0');
    const ssize_t size = ::pread(file, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

/// The processes that a single-threaded one has started and that still run.
std::vector<pid_t> children_of(pid_t parent) {
    const std::string id = std::to_string(parent);
    std::ifstream list{"/proc/" + id + "/task/" + id + "/children"};
    std::vector<pid_t> result;
    for (pid_t child = 0; list >> child;)
        result.push_back(child);
    return result;
}

} // namespace

void wait_until(const std::function<bool()>& is_so, const std::string& what) {
    using namespace std::chrono;
    const auto end = steady_clock::now() + 40s;
    while (!is_so()) {
        if (steady_clock::now() > end) throw std::runtime_error{"never came: " + what};
        std::this_thread::sleep_for(1ms);
    }
}

running_program::running_program(const std::vector<std::string>& argv)
    : running_program(argv, options{}) {}

running_program::running_program(const std::vector<std::string>& argv, const options& o)
    : out_(new_file()),
      err_(new_file()) {
    std::vector<char*> arguments;
    arguments.reserve(argv.size() + 1);
    for (const std::string& argument : argv)
        arguments.push_back(const_cast<char*>(argument.c_str())); // execv writes nothing
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (pid_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(o.input >= 0 ? o.input : ::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(out_, STDOUT_FILENO);
    ::dup2(err_, STDERR_FILENO);
    if (o.prepare) o.prepare();
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

running_program::~running_program() {
    if (pid_ > 0) {
        signal(SIGKILL);
        reap();
    }
    ::close(out_);
    ::close(err_);
}

void running_program::signal(int number) const {
    ::kill(pid_, number);
}

std::vector<pid_t> running_program::children() const {
    return children_of(pid_);
}

std::string running_program::out() const {
    return content(out_);
}

std::string running_program::err() const {
    return content(err_);
}

ended_program running_program::wait() {
    const int status = reap();
    return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), out(),
            err()};
}

int running_program::reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
}

process_watch::process_watch(pid_t pid)
    : fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

process_watch::process_watch(process_watch&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

process_watch::~process_watch() {
    if (fd_ >= 0) ::close(fd_);
}

bool process_watch::ended() const {
    pollfd process{.fd = fd_, .events = POLLIN, .revents = 0};
    return fd_ < 0 || ::poll(&process, 1, 40'000) == 1;
}

namespace {

/// 0: there is none now.
pid_t find_below(pid_t ancestor, const std::string& program) {
    for (const pid_t child : children_of(ancestor)) {
        std::string name;
        std::getline(std::ifstream{"/proc/" + std::to_string(child) + "/comm"}, name);
        const pid_t found = name == program ? child : find_below(child, program);
        if (found > 0) return found;
    }
    return 0;
}

} // namespace

bool interrupt_with(const running_program& leader, const std::string& below,
                    const std::function<bool(pid_t)>& ready) {
    pid_t found = 0;
    wait_until(
        [&] {
            found = find_below(leader.pid(), below);
            if (found == 0) return false;
            ::kill(found, SIGSTOP); // or it might end before Ctrl-C comes
            if (ready(found)) return true;
            ::kill(found, SIGCONT);
            return false;
        },
        below + " to be ready");
    const process_watch watch{found};
    ::kill(-leader.pid(), SIGINT);
    ::kill(found, SIGCONT);
    return watch.ended();
}

} // namespace ladder
