#include "preparations.hpp"

#include "kept_list.hpp"
#include "progress.hpp"
#include "route_options.hpp"
#include "warc.hpp"
#include "workbench/last_error.hpp"
#include "workbench/machine_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <utility>

#include <sys/statvfs.h>
#include <unistd.h>

namespace ladder::fetcher {

std::string fit_concurrency(std::size_t& fibers, std::size_t processes) {
    constexpr std::size_t others = 32;
    const std::size_t limit = raise_descriptor_limit();
    // The supervisor has its own files, and one socket for each worker.
    if (const std::size_t least = others / 2 + processes; limit < least)
        throw job_error{fmt::format("the limit of open files is {}, and {} are needed; "
                                    "raise it with: ulimit -n {}",
                                    limit, least, 4 * least)};
    const std::size_t wanted = fibers;
    fibers = std::min(wanted, limit <= others + 3 ? 1 : (limit - others) / 3);
    if (fibers == wanted) return {};
    return fmt::format(
        "fetcher: -c {} needs {} descriptors and the limit is {}: using -c {}\n", wanted,
        3 * wanted + others, limit, fibers);
}

bool is_ignored(int signal) {
    struct sigaction now {};
    return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

std::string cannot_begin(const std::system_error& why) {
    const char* what_to_do = "";
    switch (why.code().value()) {
    case ENOSPC:
    case EDQUOT:
        what_to_do = "; make room, and type the same again";
        break;
    case EMFILE:
        what_to_do = "; more files are allowed by: ulimit -n";
        break;
    case EAGAIN:
        what_to_do = "; fewer processes (-p), or more of them: ulimit -u";
        break;
    default:
        break;
    }
    return printable(fmt::format("fetcher: {}{}", why.what(), what_to_do)) + '\n';
}

namespace {

/// Throws before anything has begun, when the file cannot be written in the end.
void check_writable(const std::string& file) {
    namespace fs = std::filesystem;
    if (file == "-") results_file{file}; // it may be closed
    if (file.empty() || file == "-") return;
    if (fs::is_directory(file))
        throw std::system_error{std::make_error_code(std::errc::is_a_directory), file};
    std::string what = file;
    if (!fs::exists(file)) what = fs::path{file}.parent_path();
    if (::access(what.empty() ? "." : what.c_str(), W_OK) != 0)
        throw ladder::last_error(file);
}

} // namespace

void keep_apart(const command_line& options) {
    const std::string& results = options.results;
    if (!options.folder.empty() && belongs_to_job(options.folder, results))
        throw job_error{
            fmt::format("{} is a file of the job itself; its results are in {} "
                        "without --results",
                        results, options.folder + '/' + job_files::results)};
    const auto archive = archive_of(options);
    if (options.folder.empty() && !archive.name.empty() &&
        ::access(archive.folder.c_str(), W_OK | X_OK) != 0)
        throw ladder::last_error(archive.folder);
    const std::string& trace = options.reports.trace;
    if (!options.folder.empty() && belongs_to_job(options.folder, trace))
        throw job_error{trace + " is a file of the job itself"};
    const auto is_list = [&](const std::string& file) {
        return std::ranges::any_of(options.lists(), [&](const std::string& list) {
            std::error_code ignored;
            return !list.empty() && list != "-" && !file.empty() && file != "-" &&
                   std::filesystem::equivalent(list, file, ignored);
        });
    };
    for (const std::string& list : options.lists())
        if (std::filesystem::is_directory(list))
            throw std::system_error{std::make_error_code(std::errc::is_a_directory),
                                    list};
    for (const std::string& file : {results, trace}) {
        check_writable(file);
        if (is_list(file))
            throw std::system_error{std::make_error_code(std::errc::file_exists),
                                    file + " is the list of URLs"};
    }
}

std::optional<job> open_job(const command_line& options) {
    if (options.folder.empty()) return {};
    return options.resume ? job::resume(options) : job::begin(options);
}

url_list open_list(boost::asio::io_context& io, const command_line& c,
                   const std::optional<job>& job) {
    // What was read of a pipe is all that there is when nobody reads it any more.
    if (job && (!job->list_is_open() || c.resume))
        return {io, {}, job->list(), {.format = format_of_list(c)}};
    return {io,
            c.urls,
            c.input,
            {.url_template = c.match.url_template,
             .more_lists = c.more_lists,
             .in_step = c.match.in_step}};
}

std::string results_of(const command_line& c, bool list_is_elsewhere) {
    if (!c.results.empty()) return c.results;
    // Standard output may be for something else.
    const bool is_free =
        c.reports.write_out.empty() && !c.match.active() && !list_is_elsewhere;
    return is_free ? "-" : "/dev/null";
}

archive_files archive_of(const command_line& c) {
    if (c.archive.empty()) return {};
    if (!c.folder.empty())
        return {.folder = c.folder + '/' + job_files::archives,
                .told = std::string{job_files::archives} + '/',
                .name = c.archive};
    const std::size_t slash = c.archive.rfind('/') + 1; // npos + 1 is 0
    return {.folder = slash == 0 ? "." : c.archive.substr(0, slash),
            .told = c.archive.substr(0, slash),
            .name = c.archive.substr(slash)};
}

void end_archives(const command_line& options) {
    const auto archive = archive_of(options);
    if (!archive.name.empty()) finish_archives(archive.folder, archive.name);
}

bool lacks_room(const command_line& options) {
    struct statvfs disk {};
    return options.min_free > 0 && ::statvfs(options.folder.c_str(), &disk) == 0 &&
           disk.f_bavail * disk.f_frsize < options.min_free;
}

supervisor_settings
supervisor_settings_of(const command_line& c,
                       decltype(supervisor_settings::on_request) on_request) {
    const archive_files archive = archive_of(c);
    return {.program = "/proc/self/exe",
            .processes = c.processes,
            .worker = {.concurrency = static_cast<std::uint32_t>(c.concurrency),
                       .timeout = c.timeout,
                       .connect_timeout = c.connect_timeout,
                       .retries = c.retries,
                       .max_bytes = c.max_bytes,
                       .user_agent = c.user_agent,
                       .folder = c.folder,
                       .archive_folder = archive.folder,
                       .archive_told = archive.told,
                       .archive_name = archive.name,
                       .deadline = c.deadline,
                       .least = parse_speed(c.minimum_speed).value_or(minimum_speed{}),
                       .request = c.request,
                       .match = c.match,
                       .route = with_environment(c.route)},
            .stuck_after = c.stuck_after,
            .limits = c.limits,
            .on_request = std::move(on_request)};
}

} // namespace ladder::fetcher
