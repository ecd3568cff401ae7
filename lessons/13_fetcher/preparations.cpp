#include "preparations.hpp"

#include "workbench/machine_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace ladder::fetcher {

std::string fit_concurrency(std::size_t& fibers) {
    constexpr std::size_t others = 32;
    const std::size_t limit = raise_descriptor_limit();
    const std::size_t wanted = fibers;
    fibers = std::min(wanted, limit <= others + 3 ? 1 : (limit - others) / 3);
    if (fibers == wanted) return {};
    return fmt::format(
        "fetcher: -c {} needs {} descriptors and the limit is {}: using -c {}\n", wanted,
        3 * wanted + others, limit, fibers);
}

void keep_apart(const command_line& options) {
    const std::string &list = options.input, &results = options.results;
    if (!options.folder.empty() && belongs_to_job(options.folder, results))
        throw job_error{
            fmt::format("{} is a file of the job itself; its results are in {} "
                        "without --results",
                        results, options.folder + '/' + job_files::results)};
    const std::string& trace = options.reports.trace;
    if (!options.folder.empty() && belongs_to_job(options.folder, trace))
        throw job_error{trace + " is a file of the job itself"};
    const auto is_list = [&](const std::string& file) {
        std::error_code ignored;
        return !list.empty() && list != "-" && !file.empty() && file != "-" &&
               std::filesystem::equivalent(list, file, ignored);
    };
    for (const std::string& file : {results, trace})
        if (is_list(file))
            throw std::system_error{std::make_error_code(std::errc::file_exists),
                                    file + " is the list of URLs"};
}

std::optional<job> open_job(const command_line& options) {
    if (options.folder.empty()) return {};
    return options.resume ? job::resume(options) : job::begin(options);
}

std::string results_of(const command_line& options, bool list_is_elsewhere) {
    if (!options.results.empty()) return options.results;
    return options.reports.write_out.empty() && !list_is_elsewhere ? "-" : "/dev/null";
}

supervisor_settings
supervisor_settings_of(const command_line& c,
                       decltype(supervisor_settings::on_request) on_request) {
    return {.program = "/proc/self/exe",
            .processes = c.processes,
            .worker = {.concurrency = static_cast<std::uint32_t>(c.concurrency),
                       .timeout = c.timeout,
                       .connect_timeout = c.connect_timeout,
                       .retries = c.retries,
                       .max_bytes = c.max_bytes,
                       .user_agent = c.user_agent,
                       .folder = c.folder,
                       .deadline = c.deadline,
                       .least = parse_speed(c.minimum_speed).value_or(minimum_speed{}),
                       .request = c.request},
            .stuck_after = c.stuck_after,
            .limits = c.limits,
            .on_request = std::move(on_request)};
}

} // namespace ladder::fetcher
