#pragma once

#include "results_file.hpp"
#include "task.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace ladder::fetcher {

/// Each request as a span, with its parts inside: a file in the Trace Event Format, which
/// https://ui.perfetto.dev opens. A worker is a process there, and a fiber a thread: it
/// makes one request at a time, so nothing overlaps. Written as it comes; its memory does
/// not depend on the number of requests.
///
/// The timeline of the workbench draws the same in shared memory of a fixed size, which
/// is for the thousand spans of a lesson and not for a run of hours.
class trace_file {
public:
    /// Throws std::system_error, as the others do.
    explicit trace_file(const std::string& name);

    void add(const task& t, const outcome& o, std::size_t worker);

    void flush() { file_.flush(); }

    /// The end of the file. Without it, Perfetto reads it all the same.
    void end();

private:
    void add(const std::string& event);

    results_file file_;
    std::int64_t zero_; ///< When we began, in microseconds of the steady clock.
    bool first_ = true;
};

} // namespace ladder::fetcher
