#pragma once

#include "workbench/page.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <system_error>
#include <vector>

/// Rung 02: a list of pages in batches, and a process for each batch.
namespace ladder::processes {

/// What a process can do to its pages, besides what the network does.
enum class process_error {
    child_died = 1, ///< The process ended before it had said what became of the page.
};

std::error_code make_error_code(process_error) noexcept;

/// How many URLs one process gets: four batches for each process that may run at the same
/// time, so that the fast ones take more; 1 to 100.
std::size_t batch_size(std::size_t urls, std::size_t in_flight) noexcept;

/// Fetches all pages: cuts the list into batches, the rest being the last one, and forks
/// a process for each. At most `options.in_flight` of them run at the same time, each
/// with one page after the other; fewer where descriptors or processes run out. The
/// result has one page per URL, in the same order.
///
/// A process sends each page through a pipe of its own as soon as it has it. If it dies,
/// the pages that it had sent stay, the rest of its batch are errors
/// (`process_error::child_died`), and the other processes go on. The processes die with
/// the calling thread. Call it while there are no other threads, because it forks; see
/// child_process::fork. Throws `std::system_error` when not one process can be started.
std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options);

} // namespace ladder::processes

template <>
struct std::is_error_code_enum<ladder::processes::process_error> : std::true_type {};
