// Saves a page under its final name from the first byte on, as anyone would at first, and
// is killed in the middle. Then the same by way of page_file.

#include "page_file.hpp"
#include "processes/unique_fd.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;
using ladder::fetcher::page_file;
using ladder::processes::unique_fd;

namespace {

const std::string half(100'000, 'x'); // bytes; a page is two of these

/// Does something in another process which is killed half-way.
void kill_half_way(const std::function<void()>& save_half) {
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error{"fork failed"};
    if (child == 0) {
        save_half();
        ::raise(SIGKILL); // from wherever: nothing after this runs
    }
    ::waitpid(child, nullptr, 0);
}

void show(const fs::path& folder) {
    bool any = false;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        if (!entry.is_regular_file()) continue;
        any = true;
        fmt::print("  {} of {} bytes under {}\n", entry.file_size(), 2 * half.size(),
                   entry.path().extension() == ".part" ? "the name of a part"
                                                       : "the name of a page");
    }
    if (!any) fmt::print("  nothing\n");
}

} // namespace

int main() {
    const ladder::temporary_folder folder{"half_page-"};
    const unique_fd descriptor{::open(folder.path().c_str(), O_PATH | O_CLOEXEC)};

    fmt::print("a file under its final name, killed in the middle:\n");
    kill_half_way([&] { std::ofstream{folder / "page"} << half << std::flush; });
    show(folder.path());
    fs::remove(folder / "page");

    fmt::print("a page_file, killed in the middle:\n");
    kill_half_way([&] {
        page_file page{descriptor.get(), 1, ".parts"};
        if (page.write(half)) std::abort();
        ::raise(SIGKILL); // its destructor does not run
    });
    show(folder.path());
}
