#pragma once

#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace ladder {

/// Looks until something is so, for at most 40 seconds; the pause between two looks only
/// leaves the core to those that are waited for.
void wait_until(const std::function<bool()>& is_so, const std::string& what);

struct ended_program {
    int status = 0; ///< As a shell has it: 128 + n when signal n ended it.
    std::string out;
    std::string err;
};

/// A program that runs beside the test, with what it writes kept apart. It is killed when
/// this object or this process ends.
class running_program {
public:
    struct options {
        int input = -1; ///< Its standard input; not owned. -1: /dev/null.
        /// Called in the child before the program is, after its descriptors are set.
        std::function<void()> prepare = {};
    };

    explicit running_program(const std::vector<std::string>& argv);
    running_program(const std::vector<std::string>& argv, const options& o);
    ~running_program();

    running_program(const running_program&) = delete;
    running_program& operator=(const running_program&) = delete;

    pid_t pid() const noexcept { return pid_; }

    void signal(int number) const;

    /// The processes that it started and that still run.
    std::vector<pid_t> children() const;

    std::string out() const;
    std::string err() const;

    ended_program wait();

private:
    int reap();

    int out_;
    int err_;
    pid_t pid_ = -1;
};

/// Notices the end of any process, also of one that is no child (pidfd_open(2)).
class process_watch {
public:
    explicit process_watch(pid_t pid);
    process_watch(process_watch&& other) noexcept;
    ~process_watch();

    /// True when it has ended, at the latest after 40 seconds.
    bool ended() const;

private:
    int fd_; ///< -1: it had ended already.
};

/// Ctrl-C, for a program that leads a group of its own, at a moment when `ready` is true
/// of one below it that runs the program of that name. Does that one end, too?
bool interrupt_with(const running_program& leader, const std::string& below,
                    const std::function<bool(pid_t)>& ready);

} // namespace ladder
