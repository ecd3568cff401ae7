#pragma once

#include "command_line.hpp"
#include "job.hpp"
#include "supervisor.hpp"
#include "url_list.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <system_error>

/// What a session looks after before it begins.
namespace ladder::fetcher {

/// Opens as many descriptors as the system allows, and makes the fibers of a process as
/// many as they suffice for: each needs one for its socket, one for its file, and each
/// idle connection one. Returns a line that says so, if they were more. Throws job_error
/// when there are too few to begin at all.
std::string fit_concurrency(std::size_t& fibers, std::size_t processes);

/// As nohup(1) wants it: a signal that was ignored when we were started stays so.
bool is_ignored(int signal);

/// The line that says so, and what to do.
std::string cannot_begin(const std::system_error& why);

/// Opening the results would empty the list before it is read, or the job's own journal.
/// What cannot be written or read in the end is refused here, too, before a job begins.
/// Throws std::system_error, job_error.
void keep_apart(const command_line& options);

/// Of what the user asked for: a new one, or one that goes on; none without a folder.
/// Throws what these throw.
std::optional<job> open_job(const command_line& options);

/// The job's list, or what the user gave. Throws std::system_error.
url_list open_list(boost::asio::io_context& io, const command_line& options,
                   const std::optional<job>& job);

/// Where the lines of JSON go without a job.
std::string results_of(const command_line& options, bool list_is_elsewhere);

/// Where the archives are, as `warc_archive` has it; without a name, there are none.
struct archive_files {
    std::string folder{}, told{}, name{};
};

archive_files archive_of(const command_line& options);

/// See `finish_archives`.
void end_archives(const command_line& options);

/// The disk has less than the user wants to keep.
bool lacks_room(const command_line& options);

/// What the workers are told. `on_request` is told of each request.
supervisor_settings
supervisor_settings_of(const command_line& options,
                       decltype(supervisor_settings::on_request) on_request);

} // namespace ladder::fetcher
