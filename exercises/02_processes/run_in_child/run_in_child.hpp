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
    // TODO: this runs the work here. Fork a child that does it, and let it send the value
    // through a pipe.
    std::string value = work();
    const auto status = processes::exit_status::from_wait(0);
    return {std::move(value), status};
}

} // namespace ladder
