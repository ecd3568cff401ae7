#include "preparations.hpp"

#include "workbench/machine_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

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
    std::error_code ignored;
    if (list.empty() || list == "-" || results.empty() || results == "-") return;
    if (std::filesystem::equivalent(list, results, ignored))
        throw std::system_error{std::make_error_code(std::errc::file_exists),
                                results + " is the list of URLs"};
}

std::optional<job> open_job(const command_line& options) {
    if (options.folder.empty()) return {};
    return options.resume ? job::resume(options) : job::begin(options);
}

std::optional<results_file> open_results(const command_line& options,
                                         const std::optional<job>& job, bool elsewhere) {
    if (job) return results_file{job->results(), results_file::existing::continued};
    if (elsewhere && options.results.empty()) return {};
    return results_file{options.results.empty() ? "-" : options.results};
}

} // namespace ladder::fetcher
