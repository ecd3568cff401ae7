#pragma once

#include "workbench/slow_server.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/temporary.hpp"
#include "workbench/timeline.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace ladder::tour {

/// The work, the same for every rung.
struct workload {
    std::size_t pages = 50;
    std::chrono::milliseconds delay{100}; ///< Of every page.
    std::size_t in_flight = 50;
    std::size_t runs = 1;      ///< Of a rung that is not the loop.
    std::size_t processes = 1; ///< For a rung that has a fixed number of them.
};

/// A rung that takes part; a line of the list of rungs: the program, then its arguments.
/// These stand for a value: {list} (the file of URLs), {in_flight}, {processes},
/// {per_process} (in flight in each of them), {timeout} (of a page, in seconds),
/// {results} (a file to write to).
struct entry {
    std::string program; ///< Its name in the folder of the programs, or a path.
    std::vector<std::string> arguments;

    std::string name() const;  ///< E.g. "11_fibers_on_asio".
    std::string title() const; ///< E.g. "11 fibers on asio".
};

/// Throws `std::runtime_error` when the file cannot be read or lists nothing.
std::vector<entry> read_entries(const std::filesystem::path& file);

/// What became of the pages on one rung.
struct outcome {
    tour::entry rung;
    measurement cost{};
    server_stats seen{}; ///< By the server.
    std::vector<timeline::interval> intervals{};
    std::string failure{}; ///< In words; empty when all went well.
};

/// Gives rungs their work; owns the server and a temporary folder.
class race {
public:
    explicit race(const workload& work);

    /// Runs a rung to its end, or until `stop`, and measures it. What the rung does wrong
    /// is in `outcome::failure`.
    outcome run(const entry& which, const std::atomic<bool>& stop) const;

    /// Runs it `runs` times, or until one fails: the run in the middle, by its time, or
    /// the one that failed. On a machine that does other things, one run says little.
    outcome run_in_the_middle(const entry& which, std::size_t runs,
                              const std::atomic<bool>& stop) const;

private:
    std::vector<std::string> command(const entry& which) const;

    workload work_;
    slow_server server_;
    temporary_folder folder_{"tour-"};
};

} // namespace ladder::tour
