#pragma once

#include "results_file.hpp"
#include "run_times.hpp"
#include "task.hpp"
#include "trace_file.hpp"
#include "write_out.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace ladder {
class option_parser;
}

namespace ladder::fetcher {

/// What the user wants to be told besides the results.
struct report_settings {
    bool stats = false;      ///< How long pages took.
    std::string trace{};     ///< A file; empty: none.
    std::string write_out{}; ///< A format; empty: none.
};

/// The options of the command line for that.
void add_report_options(option_parser& options, report_settings& settings);

/// Tells it. A new form of output is a member here, and a line in each function.
class reports {
public:
    /// Throws std::system_error, as the others do, when a file cannot be written.
    explicit reports(const report_settings& settings);

    /// Each request, also one that is not the last for its URL.
    void request(const task& t, const outcome& o, std::size_t worker);
    /// Each URL's outcome.
    void page(const task& t, const outcome& o, const std::string& error);
    void flush();
    /// At the end of the run. Returns what is for the user to read, or nothing.
    std::string end();

private:
    std::optional<run_times> times_;
    std::optional<trace_file> trace_;
    std::optional<write_out> format_;
    std::optional<results_file> formatted_;
    std::string line_;
};

} // namespace ladder::fetcher
