#include "owned_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

namespace ladder::ipc_queues {

namespace fs = std::filesystem;

namespace {

/// When a process began, in ticks since the machine did; 0 when there is none, or only
/// its zombie.
std::uint64_t start_of(pid_t pid) {
    std::ifstream file{fmt::format("/proc/{}/stat", pid)};
    std::string stat;
    if (!std::getline(file, stat)) return 0;
    std::istringstream fields{stat.substr(stat.rfind(')') + 1)}; // after "pid (name)"
    std::string field;
    fields >> field;
    if (field == "Z" || field == "X") return 0;
    for (int skipped = 4; skipped < 22; ++skipped)
        fields >> field;
    std::uint64_t start = 0;
    fields >> start;
    return start;
}

std::string prefix_of(std::string_view family) {
    const auto good = [](unsigned char sign) { return std::isalnum(sign) != 0; };
    if (family.empty() || !std::ranges::all_of(family, good))
        throw std::invalid_argument{"a family is letters and digits"};
    return fmt::format("ladder-{}-", family);
}

std::atomic<int> names_made{0};

} // namespace

owned_name::owned_name(std::string_view family)
    : name_(fmt::format("{}{}-{}-{}", prefix_of(family), ::getpid(), start_of(::getpid()),
                        names_made++)),
      owner_(::getpid()) {
    removal_.begin("/dev/shm/" + name_);
}

owned_name::~owned_name() {
    if (owner_ == ::getpid()) ::shm_unlink(('/' + name_).c_str());
}

std::vector<std::string> abandoned(std::string_view family) {
    const std::string prefix = prefix_of(family);
    std::vector<std::string> result;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{"/dev/shm", ignored}) {
        const std::string name = entry.path().filename();
        pid_t pid = 0;
        std::uint64_t start = 0;
        if (name.starts_with(prefix) &&
            std::sscanf(name.c_str() + prefix.size(), "%d-%lu", &pid, &start) == 2 &&
            start_of(pid) != start)
            result.push_back(name);
    }
    return result;
}

std::vector<std::string> remove_abandoned(std::string_view family) {
    auto names = abandoned(family);
    std::erase_if(names, [](const std::string& name) {
        return ::shm_unlink(('/' + name).c_str()) != 0; // another's, or just removed
    });
    return names;
}

} // namespace ladder::ipc_queues
