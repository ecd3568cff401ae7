#include "queue_program.hpp"

#include "workbench/last_error.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <unistd.h>

namespace ladder::fetcher {

bool wants_queue(int argc, char** argv) {
    return std::any_of(argv, argv + argc, [](std::string_view argument) {
        return argument == "--queue" || argument.starts_with("--queue=");
    });
}

void become_queue_fetcher(char** argv) {
    std::error_code ignored;
    const auto own = std::filesystem::read_symlink("/proc/self/exe", ignored);
    const std::string other = own.parent_path() / "queue_fetcher";
    ::execv(other.c_str(), argv);
    throw last_error("--queue needs " + other);
}

} // namespace ladder::fetcher
