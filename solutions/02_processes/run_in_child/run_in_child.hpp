#pragma once

#include "processes/child_process.hpp"
#include "processes/pipe.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace ladder {

/// What became of work that was done in another process.
struct child_result {
    /// What the work returned; nothing when it did not return: an exception, a signal, an
    /// `_exit`, whatever its code.
    std::optional<std::string> value;
    /// How the process ended.
    processes::exit_status status;
};

/// Runs `work` in a child process, waits for its end, and brings back what it returned.
/// An exception ends the child with code 1. Whatever the work does to its memory or to
/// its process, this process goes on. Leaves no process and no descriptor behind.
inline child_result run_in_child(const std::function<std::string()>& work) {
    processes::pipe_ends pipe = processes::make_pipe();
    auto child = processes::child_process::fork([&] {
        pipe.read.reset();
        return processes::write_all(pipe.write.get(), work() + '.') ? 1 : 0;
    });
    pipe.write.reset(); // the child has its own
    std::string value = processes::read_all(pipe.read.get());
    const processes::exit_status status = child.wait();
    if (!status.success() || value.empty()) return {std::nullopt, status};
    value.pop_back(); // the dot, which says that the work has returned
    return {std::move(value), status};
}

} // namespace ladder
