#pragma once

#include "task.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

/// The results of a run, one line of JSON for each URL. In the folder of a job they are
/// also its journal: a line is appended when a URL has its outcome, after its page got
/// its final name, and never changed. So what a line says is true whatever is killed
/// after it, and what has no line is done again.
namespace ladder::fetcher {

/// Appends a line: n, url, status, bytes, sha256, file, error, attempts, elapsed_ms,
/// worker; null for what there is not. With an archive, after file also offset. After a
/// redirect, before attempts, also redirects and final_url; where not every page is
/// looked for, match, and why not. `n` is the number of the URL's line in the list.
void append_record(std::string& lines, const task&, const outcome&,
                   std::optional<std::size_t> worker, const std::string& error);

/// The URL as a line has it: without a password, and in UTF-8.
std::string recorded_url(std::string_view url);

/// What `status` and `verify` want to know of a line.
struct record {
    std::uint64_t n = 0;
    std::string url{};
    std::int32_t status = 0;
    std::uint64_t bytes = 0;
    std::string sha256{};
    std::string file{};                    ///< Empty: null.
    std::string error{};                   ///< Too.
    std::optional<std::uint64_t> offset{}; ///< When the file is an archive.
};

/// All of a line; nothing when it is not one that `append_record` made.
std::optional<record> parse_record(std::string_view line);

/// Its `n` alone, and whether it looks whole: fifty times as fast.
std::optional<std::uint64_t> record_number(std::string_view line);

/// It has an error, or an answer that is worth asking again for (429, 503 and the like).
bool worth_asking_again(std::string_view line);

/// Calls `take` with each whole line of a file, without its end. Returns how many bytes
/// they have in all: behind them is at most the beginning of a line that somebody was
/// killed in. A file that is not there has none. Throws std::system_error.
std::uint64_t for_each_line(const std::string& file,
                            const std::function<void(std::string_view)>& take);

/// Keeps the lines that `good` says, in their order, and drops the others and an
/// unfinished one. The file is replaced at once, or not at all. Throws std::system_error.
void keep_lines(const std::string& file,
                const std::function<bool(std::string_view)>& good);

} // namespace ladder::fetcher
