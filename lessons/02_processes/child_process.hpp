#pragma once

#include <csignal>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

namespace ladder::processes {

/// How a process ended: what wait(2) says, taken apart. It ended by itself and has a
/// code, or a signal ended it; never both.
class exit_status {
public:
    static exit_status from_wait(int wait_status); ///< The number that waitpid(2) stores.

    bool exited() const noexcept { return signal_ == 0; }

    int code() const noexcept { return code_; } ///< 0 to 255; 0 when it was signalled.

    bool signalled() const noexcept { return signal_ != 0; }

    int signal() const noexcept { return signal_; } ///< Which one ended it; or 0.

    bool success() const noexcept { return exited() && code_ == 0; }

    friend bool operator==(const exit_status&, const exit_status&) = default;

private:
    exit_status(int code, int signal) : code_(code), signal_(signal) {}

    int code_;
    int signal_;
};

/// "exited with 3", "killed by SIGKILL (Killed)".
std::string describe(exit_status);

/// Makes another program of this process (execv(3)), which is a forked child: `argv[0]`
/// is its path. It has nothing to read, and its output and errors go to `output`, which
/// may be closed on exec. Throws `std::system_error`, and then this is still the same
/// program.
[[noreturn]] void exec(std::span<const std::string> argv, int output);

struct fork_options {
    /// The kernel kills the child when the *thread* that forked it ends
    /// (PR_SET_PDEATHSIG in prctl(2)). Not for a thread that ends before its process.
    bool die_with_parent = false;
};

struct spawn_options {
    /// What the program finds as its standard input, output and error; -1: the caller's.
    /// Not owned, also not closed here. No 0, 1 or 2 in another's place.
    int input = -1;
    int output = -1;
    int error = -1;
    /// Other descriptors: the number that the program finds, and ours. Not owned. Any of
    /// ours may be a number that the program finds another one under.
    std::map<int, int> descriptors{};
    /// Signals that are blocked in the program from its first instruction on, besides
    /// those that are blocked in this thread (sigprocmask(2)).
    std::vector<int> blocked{};
    /// The program leads a process group of its own, so that kill_group() reaches all
    /// that it starts, and a terminal's Ctrl-C does not reach it (setpgid(2)).
    bool own_group = false;
    /// The same, and a session too (setsid(2)). It has no terminal, and what it starts
    /// stays in it, also in groups of their own, as a shell or ninja makes them.
    bool own_session = false;
};

/// A child process that nobody has waited for yet. Its owner waits for it, at the latest
/// in the destructor, so it never stays behind as a zombie. Use one from one thread at a
/// time; another thread than the one that made it may do so.
class child_process {
public:
    /// Copies this process, and runs `body` in the copy. What `body` returns is the exit
    /// code (its lowest 8 bits); an exception is a line on standard error and code 1.
    /// Nothing after this call runs in the child, and none of the caller's objects are
    /// destroyed there: it ends by _exit(2).
    ///
    /// All that is buffered (stdio, std::cout) is written before the fork, so that it
    /// does not come out twice; what the child buffers is written when `body` returns. Of
    /// the threads only the calling one exists in the child; a lock that another one
    /// holds at this moment stays locked there. So fork before you start threads. The
    /// child has all descriptors, also those with O_CLOEXEC. Throws `std::system_error`.
    static child_process fork(const std::function<int()>& body, fork_options = {});

    /// Starts another program (posix_spawnp(3)): `argv[0]` is looked up in PATH. Nothing
    /// is copied, so it is cheap in a large process and safe in one with threads. The
    /// program has the descriptors without O_CLOEXEC, this environment, and this thread's
    /// signal mask. Throws `std::system_error` when it cannot be started.
    static child_process spawn(std::span<const std::string> argv,
                               const spawn_options& = {});

    child_process(child_process&&) noexcept;
    child_process& operator=(child_process&&) noexcept;

    /// Still running: it is killed (SIGKILL), then waited for. Its own children are not.
    ~child_process();

    /// Of the child, also after its end; -1 when this was moved from. Once it was waited
    /// for, the kernel may give the number to another process.
    pid_t pid() const noexcept { return pid_; }

    /// Sends a signal. Nothing happens when it was waited for: the number may be that of
    /// a stranger. A zombie has its number to itself.
    void kill(int signal = SIGTERM) const noexcept;

    /// The same, to the whole group that a program leads. What it left behind
    /// can be reached until wait() was called.
    void kill_group(int signal = SIGTERM) const noexcept;

    /// Blocks until the child has ended; at once when that is known. Signals interrupt
    /// nothing (EINTR). Throws `std::system_error` when the kernel does not know the
    /// child: somebody else waited for it, or SIGCHLD is ignored.
    exit_status wait();

    /// How it ended, if it has; does not block. Throws as wait() does.
    std::optional<exit_status> try_wait();

private:
    explicit child_process(pid_t pid) noexcept : pid_(pid) {}

    std::optional<exit_status> wait(int flags);
    void end() noexcept;

    pid_t pid_;
    std::optional<exit_status> status_;
};

} // namespace ladder::processes
