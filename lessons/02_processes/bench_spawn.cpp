// What a process costs in time: a copy of this one, and another program; in a small
// process, and in one that has 256 MB.

#include "child_process.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/stopwatch.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

using ladder::processes::child_process;
using namespace std::string_literals;

namespace {

constexpr int rounds = 50;
constexpr std::size_t large = 256'000'000; // bytes

/// Memory that was written to, in pages of the usual size, of which fork copies each
/// entry.
class ballast {
public:
    ballast()
        : memory_(::mmap(nullptr, large, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
        if (memory_ == MAP_FAILED)
            throw std::system_error{errno, std::generic_category(), "mmap"};
        ::madvise(memory_, large, MADV_NOHUGEPAGE);
        std::memset(memory_, 1, large);
    }

    ~ballast() { ::munmap(memory_, large); }

    ballast(const ballast&) = delete;
    ballast& operator=(const ballast&) = delete;

private:
    void* memory_;
};

double microseconds_each(const std::function<child_process()>& start) {
    const ladder::stopwatch watch;
    for (int i = 0; i < rounds; ++i)
        start().wait();
    return static_cast<double>(watch.elapsed().wall.count()) / rounds;
}

child_process do_nothing() {
    return child_process::fork([] { return 0; });
}

child_process fork_and_exec() {
    return child_process::fork([] { return ::execlp("true", "true", nullptr); });
}

child_process spawn() {
    return child_process::spawn(std::array{"true"s});
}

} // namespace

int main(int argc, char** argv) {
    ladder::option_parser options{"bench_spawn", "What a process costs in time."};
    if (const auto status = options.parse(argc, argv)) return *status;
    const std::array<double, 3> small{microseconds_each(do_nothing),
                                      microseconds_each(fork_and_exec),
                                      microseconds_each(spawn)};
    const ballast memory;
    const auto show = [](std::string_view what, double before, double now) {
        fmt::print("{:<28} {:>8.0f} µs  {:>8.0f} µs\n", what, before, now);
    };
    fmt::print("{:<28} {:>11}  {:>11}\n", "start it and wait for it", "small", "256 MB");
    show("fork, and do nothing", small[0], microseconds_each(do_nothing));
    show("fork, then exec of true", small[1], microseconds_each(fork_and_exec));
    show("spawn true", small[2], microseconds_each(spawn));
}
