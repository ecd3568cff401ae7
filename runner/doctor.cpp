#include "doctor.hpp"

#include "processes/child_process.hpp"
#include "processes/unique_fd.hpp"
#include "sanitizers.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>

namespace ladder::learn {

namespace {

using words = std::vector<std::string>;

constexpr rlim_t descriptors_enough = 4000; // the lessons open a thousand

constexpr std::string_view empty_program = "int main() {}\n";
constexpr std::string_view io_uring_program = R"(
#include <sys/syscall.h>
int main() { char p[120] = {}; return syscall(SYS_io_uring_setup, 1, p) < 0; }
)";

void row(std::string_view mark, std::string_view what, std::string_view found,
         std::string_view to_do = {}) {
    fmt::print("{:<3}  {:<20} {:<26} {}\n", mark, what, found, to_do);
}

void good(std::string_view what, std::string_view found, std::string_view remark = {}) {
    row("ok", what, found, remark);
}

void bad(std::string_view what, std::string_view found, std::string_view to_do) {
    row("—", what, found, to_do);
}

bool succeeds(const words& argv) {
    const processes::unique_fd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    try {
        return processes::child_process::spawn(
                   argv, {.input = null.get(), .output = null.get(), .error = null.get()})
            .wait()
            .success();
    } catch (const std::system_error&) { // it is not there
        return false;
    }
}

/// Compiles a program, and says what became of it.
class trial {
public:
    trial(std::string_view source, const std::string& flag = {}) {
        std::ofstream{folder_ / "a.cpp"} << source;
        const char* const compiler = std::getenv("CXX");
        std::istringstream all{compiler == nullptr ? "c++" : compiler};
        words argv;
        for (std::string word; all >> word;)
            argv.push_back(word);
        if (!flag.empty()) argv.push_back(flag);
        argv.insert(argv.end(), {"-o", folder_ / "a", folder_ / "a.cpp"});
        compiles_ = succeeds(argv);
    }

    bool starts(words prefix = {}) const {
        prefix.push_back(folder_ / "a");
        return compiles_ && succeeds(prefix);
    }

private:
    temporary_folder folder_;
    bool compiles_ = false;
};

void thread_sanitizer() {
    constexpr std::string_view name = "ThreadSanitizer";
    const trial with_it{empty_program, "-fsanitize=thread"};
    if (with_it.starts())
        good(name, "starts");
    else if (too_random() && with_it.starts(fixed_addresses()))
        good(name, "under setarch -R", "./learn test does so by itself");
    else if (too_random() && trial{empty_program}.starts())
        bad(name, fmt::format("too random: {} bits", random_address_bits()),
            "as root: sysctl vm.mmap_rnd_bits=28");
    else
        bad(name, "does not start", "for test: ./learn install test");
}

void io_uring() {
    int off = 0;
    std::ifstream{"/proc/sys/kernel/io_uring_disabled"} >> off;
    if (trial{io_uring_program}.starts())
        good("io_uring", "the kernel allows it");
    else if (!trial{empty_program}.starts())
        bad("io_uring", "unknown: no compiler", "./learn install");
    else if (off != 0)
        bad("io_uring", "switched off",
            "optional, as root: sysctl kernel.io_uring_disabled=0");
    else
        bad("io_uring", "not allowed here",
            "optional: a newer kernel or another container");
}

void descriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const auto number = [](rlim_t n) {
        return n == RLIM_INFINITY ? std::string{"unlimited"} : std::to_string(n);
    };
    const std::string found =
        fmt::format("{} soft, {} hard", number(limit.rlim_cur), number(limit.rlim_max));
    if (limit.rlim_max < descriptors_enough)
        bad("descriptors", found, "as root: ulimit -n 65536");
    else
        good("descriptors", found);
}

} // namespace

int doctor() {
    good("cores", std::to_string(usable_cores()));
    thread_sanitizer();
    io_uring();
    descriptors();
    return 0;
}

} // namespace ladder::learn
