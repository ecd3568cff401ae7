#pragma once

#include "host_limits.hpp"
#include "match_settings.hpp"
#include "reports.hpp"
#include "request_settings.hpp"
#include "route_settings.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ladder {
class option_parser;
}

namespace ladder::fetcher {

enum class show_progress { automatic, always, never };

/// Fibers in each process, at most.
inline constexpr std::size_t max_concurrency = 100'000;

/// What the user asked for.
struct command_line {
    std::vector<std::string> urls;
    std::string input;                   ///< A file's name, "-" or empty.
    std::vector<std::string> more_lists; ///< Of words, for the places behind the first.
    std::string folder;                  ///< Of the job; empty: do not save.
    std::string archive; ///< A file's name without its end; of a job, in its folder.
    std::string results; ///< A file's name, or "-"; empty: the job's, or "-".
    std::size_t processes = 1;
    std::size_t concurrency = 64; ///< Fibers in each process.
    std::chrono::milliseconds timeout{10'000};
    std::chrono::milliseconds connect_timeout{3'000};
    std::uint32_t retries = 2;
    std::uint64_t max_bytes = 10'000'000;
    std::string user_agent = "concurrency-ladder/1";
    std::chrono::milliseconds stuck_after{30'000}; ///< More than `timeout`.
    std::uint64_t min_free = 0;                    ///< Bytes that the disk must keep.
    bool durable = false;                          ///< Results survive a power failure.
    bool overwrite = false;                        ///< A job in the folder is removed.
    bool resume = false;                           ///< The job in the folder goes on.
    bool retry_failed = false;                     ///< And asks again for what failed.
    show_progress progress = show_progress::automatic;
    bool quiet = false;
    request_settings request{.max_redirects = 10};
    politeness limits{};
    std::chrono::milliseconds deadline{}; ///< For a URL with all it takes; 0: none.
    std::string minimum_speed{};          ///< As `parse_speed` reads it; empty: none.
    report_settings reports{};
    match_settings match{};
    route_settings route{};

    /// The files of the list, or of words.
    std::vector<std::string> lists() const {
        std::vector<std::string> all{input};
        all.insert(all.end(), more_lists.begin(), more_lists.end());
        return all;
    }
};

/// Returns what was asked for, or nothing when the program should end with `status`
/// because help was printed (0) or the usage is wrong (2, after one line on stderr).
///
/// `elsewhere` names options of where else the list is; then there must be no other list,
/// and the folder is not that of a job.
std::optional<command_line>
parse_command_line(int argc, char** argv, int& status,
                   const std::function<void(option_parser&)>& elsewhere = {});

/// The same for `fetcher resume`. The job's options are the defaults. Throws job_error.
std::optional<command_line> parse_resume(int argc, char** argv, int& status);

} // namespace ladder::fetcher
