#include "machine.hpp"

#include <fmt/format.h>

#include <fstream>
#include <string_view>
#include <thread>

#include <sys/utsname.h>
#include <unistd.h>

namespace ladder::tour {

namespace {

/// What stands behind the first line of the file that starts with `key`.
std::string value_in(const char* file, std::string_view key) {
    std::ifstream lines{file};
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(key)) {
            line.erase(0, line.find_first_of(":="));
            line.erase(0, line.find_first_not_of(":=\"\t "));
            return line.substr(0, line.find('"'));
        }
    return {};
}

#ifdef __clang__
constexpr std::string_view compiler = "Clang " __clang_version__;
#else
constexpr std::string_view compiler = "GCC " __VERSION__;
#endif

} // namespace

std::string machine::described() const {
    return fmt::format("Measured on {} cores{}{}, {:.0f} GB; {}, {}, {}.", cores,
                       cpu.empty() ? "" : " of ", cpu, static_cast<double>(memory) / 1e9,
                       system, kernel, compiler);
}

machine this_machine() {
    utsname kernel{};
    ::uname(&kernel);
    const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
    const auto page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return {.cpu = value_in("/proc/cpuinfo", "model name"),
            .cores = std::thread::hardware_concurrency(),
            .memory = pages * page_size,
            .system = value_in("/etc/os-release", "PRETTY_NAME"),
            .kernel = fmt::format("{} {}", kernel.sysname, kernel.release),
            .architecture = kernel.machine,
            .compiler = std::string{compiler}};
}

} // namespace ladder::tour
