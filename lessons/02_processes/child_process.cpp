#include "child_process.hpp"

#include "unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ladder::processes {

namespace {

[[noreturn]] void fail(int error, const std::string& what) {
    throw std::system_error{error, std::generic_category(), what};
}

void write_what_is_buffered() noexcept {
    try {
        std::cout.flush();
        std::clog.flush();
    } catch (...) { // a stream that throws when it fails; nothing to do about it here
    }
    std::fflush(nullptr);
}

void die_with(pid_t parent) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1); // it was quicker
}

int call(const std::function<int()>& body) noexcept {
    try {
        return body();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "child process %d: %s\n", ::getpid(), error.what());
    } catch (...) {
        std::fprintf(stderr, "child process %d: an unknown exception\n", ::getpid());
    }
    return 1;
}

class file_actions {
public:
    file_actions() { check(::posix_spawn_file_actions_init(&actions_)); }

    ~file_actions() { ::posix_spawn_file_actions_destroy(&actions_); }

    file_actions(const file_actions&) = delete;
    file_actions& operator=(const file_actions&) = delete;

    void duplicate(int from, int to) {
        if (from >= 0) check(::posix_spawn_file_actions_adddup2(&actions_, from, to));
    }

    /// The copies keep each number of ours apart from all that the program is to find.
    void duplicate(const std::map<int, int>& descriptors) {
        int above = STDERR_FILENO + 1;
        if (!descriptors.empty())
            above = std::max(above, descriptors.rbegin()->first + 1);
        for (const auto& [number, ours] : descriptors) {
            copies_.emplace_back(::fcntl(ours, F_DUPFD_CLOEXEC, above));
            if (!copies_.back()) fail(errno, "a descriptor for a program");
            duplicate(copies_.back().get(), number);
        }
    }

    const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    static void check(int error) {
        if (error != 0) fail(error, "posix_spawn_file_actions");
    }

    posix_spawn_file_actions_t actions_{};
    std::vector<unique_fd> copies_; // until the program has its own
};

class attributes {
public:
    explicit attributes(const spawn_options& options) {
        if (const int error = ::posix_spawnattr_init(&attributes_))
            fail(error, "posix_spawnattr");
        int flags = 0;
        if (options.own_group) flags |= POSIX_SPAWN_SETPGROUP;
        if (options.own_session) flags |= POSIX_SPAWN_SETSID;
        if (!options.blocked.empty()) {
            sigset_t mask;
            ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
            for (const int signal : options.blocked)
                ::sigaddset(&mask, signal);
            ::posix_spawnattr_setsigmask(&attributes_, &mask);
            flags |= POSIX_SPAWN_SETSIGMASK;
        }
        ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
    }

    ~attributes() { ::posix_spawnattr_destroy(&attributes_); }

    attributes(const attributes&) = delete;
    attributes& operator=(const attributes&) = delete;

    const posix_spawnattr_t* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

/// As exec and its kin take them, which write to none.
std::vector<char*> pointers_to(std::span<const std::string> argv) {
    std::vector<char*> arguments;
    arguments.reserve(argv.size() + 1);
    for (const std::string& argument : argv)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    return arguments;
}

} // namespace

exit_status exit_status::from_wait(int wait_status) {
    if (WIFSIGNALED(wait_status)) return {0, WTERMSIG(wait_status)};
    return {WEXITSTATUS(wait_status), 0};
}

std::string describe(exit_status status) {
    if (status.exited()) return "exited with " + std::to_string(status.code());
    const char* name = ::sigabbrev_np(status.signal());
    if (name == nullptr) return "killed by signal " + std::to_string(status.signal());
    return std::string{"killed by SIG"} + name + " (" + ::sigdescr_np(status.signal()) +
           ")";
}

void exec(std::span<const std::string> argv, int output) {
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    const std::vector<char*> arguments = pointers_to(argv);
    ::execv(arguments[0], arguments.data());
    fail(errno, argv[0]);
}

// [fork]
child_process child_process::fork(const std::function<int()>& body,
                                  fork_options options) {
    write_what_is_buffered();
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) fail(errno, "fork");
    if (pid > 0) return child_process{pid};

    if (options.die_with_parent) die_with(parent);
    const int code = call(body);
    write_what_is_buffered();
    ::_exit(code);
}

// [/fork]

child_process child_process::spawn(std::span<const std::string> argv,
                                   const spawn_options& options) {
    if (argv.empty()) fail(EINVAL, "spawn: no program");
    const std::vector<char*> arguments = pointers_to(argv);
    file_actions actions;
    actions.duplicate(options.input, STDIN_FILENO);
    actions.duplicate(options.output, STDOUT_FILENO);
    actions.duplicate(options.error, STDERR_FILENO);
    actions.duplicate(options.descriptors);

    pid_t pid = -1;
    const attributes attributes{options};
    const int error = ::posix_spawnp(&pid, arguments[0], actions.get(), attributes.get(),
                                     arguments.data(), ::environ);
    if (error != 0) fail(error, argv[0]);
    return child_process{pid};
}

child_process::child_process(child_process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      status_(std::exchange(other.status_, std::nullopt)) {}

child_process& child_process::operator=(child_process&& other) noexcept {
    if (this != &other) {
        end();
        pid_ = std::exchange(other.pid_, -1);
        status_ = std::exchange(other.status_, std::nullopt);
    }
    return *this;
}

child_process::~child_process() {
    end();
}

void child_process::kill(int signal) const noexcept {
    if (pid_ > 0 && !status_) ::kill(pid_, signal); // kill(-1, …) is for everybody
}

void child_process::kill_group(int signal) const noexcept {
    if (pid_ > 0 && !status_) ::kill(-pid_, signal);
}

exit_status child_process::wait() {
    return *wait(0);
}

std::optional<exit_status> child_process::try_wait() {
    return wait(WNOHANG);
}

std::optional<exit_status> child_process::wait(int flags) {
    if (status_) return status_; // the pid is not ours any more
    int wait_status = 0;
    pid_t ended = 0;
    do
        ended = ::waitpid(pid_, &wait_status, flags);
    while (ended < 0 && errno == EINTR);
    if (ended < 0) fail(errno, "waitpid");
    if (ended > 0) status_ = exit_status::from_wait(wait_status);
    return status_;
}

void child_process::end() noexcept {
    kill(SIGKILL);
    while (pid_ > 0 && !status_ && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

} // namespace ladder::processes
