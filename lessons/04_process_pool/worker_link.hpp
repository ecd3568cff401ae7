#pragma once

#include "frames.hpp"
#include "job.hpp"
#include "processes/child_process.hpp"
#include "processes/unique_fd.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>

namespace ladder::process_pool {

/// Our end of one worker process. It is written what the ledger says that it holds, in
/// that order, and each task in full before the next one: `written` counts those that
/// are, `offset` is how far the next one is. What is read of its stream are frames.
/// `socket` and `process` are there from `start` to `bury`, which comes in the step in
/// which the stream is seen to have `ended`.
struct worker_link {
    std::size_t number;
    processes::unique_fd
        socket{}; ///< None: the worker is gone, and could not be replaced yet.
    std::optional<processes::child_process> process{};
    frame_reader frames{};
    std::size_t written = 0;
    std::size_t offset = 0; ///< Bytes.
    bool blocked = false;   ///< Its socket took no more.
    bool ended = false;

    /// Writes what the socket takes of `held`, straight from the requests.
    void write(const std::deque<std::shared_ptr<job>>& held);
};

} // namespace ladder::process_pool
