#pragma once

#include "processes/child_process.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ladder::fibers_on_asio {
class event_loop;
}

namespace ladder::learn {

struct program_options {
    std::chrono::milliseconds limit = std::chrono::minutes{10}; ///< Then it is killed.
    /// Gets what the program writes, as it comes, besides the result. May be empty.
    std::function<void(std::string_view)> on_output = {};
    /// It is asked to end before it is killed: compilers and tests have files to remove.
    bool cleans_up = false;
    /// Its TMPDIR, if that is to be another one than ours. Not owned.
    std::string temporary_files = {};
};

struct program_result {
    std::optional<processes::exit_status> status; ///< None: it was stopped.
    std::string output; ///< Both streams, in the order in which it wrote; at most 4 MB.
    bool timed_out = false;
    bool cancelled = false;
    bool left_processes = false; ///< Some outlived it; they were killed.

    bool success() const { return status && status->success() && !timed_out; }
};

/// Runs programs for a fiber, one at a time: the others go on meanwhile. Each program
/// leads a session, and all that run in it are killed when it ends, when it takes too
/// long, and when another fiber or a handler of the same thread says `cancel`. A session
/// and not a group: a build tool puts each compiler into a group of its own.
class program_runner {
public:
    explicit program_runner(fibers_on_asio::event_loop& loop) : loop_(loop) {}

    /// Suspends the calling fiber until the program has ended and nobody can write to its
    /// output any more. `argv[0]` is looked up in PATH. Throws `std::system_error` when
    /// it cannot be started.
    program_result run(const std::vector<std::string>& argv, const program_options& = {});

    /// Ends what runs, and whatever `run` is asked for until `allow`.
    void cancel();

    void allow() { cancelled_ = false; }

    bool cancelled() const { return cancelled_; }

private:
    fibers_on_asio::event_loop& loop_;
    processes::child_process* running_ = nullptr;
    bool cleans_up_ = false; ///< The one that runs.
    bool cancelled_ = false;
};

constexpr int stopped_by_hand = 130; ///< The exit status, as a shell says it.

/// Lets `work` run programs, in an event loop of its own. Ctrl-C kills what runs, and the
/// status is `stopped_by_hand`; otherwise that of `work`.
int with_programs(const std::function<int(program_runner&)>& work);

} // namespace ladder::learn
