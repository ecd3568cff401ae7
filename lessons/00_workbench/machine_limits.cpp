#include "machine_limits.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <sched.h>
#include <sys/resource.h>

namespace ladder {
namespace {

/// Sets the soft limit to `most` or the hard one; returns what it was, and what it is.
std::pair<rlim_t, rlim_t> limit_descriptors(rlim_t most) noexcept {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = std::min(most, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return {before, limit.rlim_cur};
}

} // namespace

std::size_t raise_descriptor_limit() noexcept {
    return limit_descriptors(RLIM_INFINITY).second;
}

descriptor_limit::descriptor_limit(std::size_t most) noexcept
    : before_(limit_descriptors(most).first) {}

descriptor_limit::~descriptor_limit() {
    limit_descriptors(before_);
}

std::size_t free_descriptors() {
    constexpr std::size_t of_libraries = 16;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    std::error_code ignored;
    const std::filesystem::directory_iterator open{"/proc/self/fd", ignored};
    const auto taken = static_cast<std::size_t>(std::distance(begin(open), end(open)));
    return std::max<std::size_t>(limit.rlim_cur, taken + of_libraries + 1) - taken -
           of_libraries;
}

std::size_t usable_cores() noexcept {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (::sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
    return static_cast<std::size_t>(CPU_COUNT(&cores));
}

int first_usable_core() noexcept {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (::sched_getaffinity(0, sizeof cores, &cores) != 0) return 0;
    int core = 0;
    while (!CPU_ISSET(core, &cores))
        ++core;
    return core;
}

void pin_to_core(int core, pid_t thread) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(core, &only); // of no effect for a number out of range: EINVAL
    if (::sched_setaffinity(thread, sizeof only, &only) != 0)
        throw std::system_error{errno, std::generic_category(), "sched_setaffinity"};
}

std::size_t number_in(const std::string& file, std::string_view name) {
    std::ifstream lines{file};
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(name) && line.substr(name.size()).starts_with(':'))
            return std::stoull(line.substr(name.size() + 1));
    throw std::runtime_error{"no " + std::string{name} + " in " + file};
}

} // namespace ladder
