// The whole range of 127.0.0.1, beside nmap, in turns: with ports that all answer, and
// with 50 that are silent.

#include "loopback_ports.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;
using namespace ladder::port_scanner;

namespace {

constexpr std::size_t listener_count = 200;
constexpr std::size_t silent_count = 50;

bool installed(const std::string& program) {
    const std::array folders{"/usr/bin/", "/usr/local/bin/", "/bin/"};
    return std::ranges::any_of(
        folders, [&](const char* folder) { return fs::exists(folder + program); });
}

struct sample {
    double seconds = 0;
    double cpu = 0;
    std::size_t open = 0;
};

/// Runs a scanner, and counts the ports that it says are open. What nmap has to say about
/// its options stays here too.
sample run(std::vector<std::string> argv) {
    const ladder::temporary_file out; // where it writes
    argv.insert(argv.begin(), {"sh", "-c", R"(exec "$0" "$@" 2>&1)"});
    const auto m = ladder::measure(argv, {.stdout_to = out.path()});
    if (m.exit_status != 0)
        throw std::runtime_error{fmt::format("{} ended with {}", argv[3], m.exit_status)};
    sample s{.seconds = static_cast<double>(m.command.count()) / 1e6,
             .cpu = static_cast<double>(m.cpu.count()) / 1e6};
    std::ifstream lines{out.path()};
    for (std::string line; std::getline(lines, line);)
        s.open += line.find(" open ") != line.npos && line.find(" ports: ") == line.npos;
    return s;
}

sample median(std::vector<sample> samples) {
    const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
    std::ranges::nth_element(samples, middle, {}, &sample::seconds);
    return *middle;
}

struct program {
    std::string name;
    std::vector<std::string> command;
    std::vector<sample> samples{};
};

/// Prints a line for each program, and how much faster the first one is than the second.
void compare(std::string_view title, std::vector<program>& programs, int rounds) {
    for (int round = 0; round < rounds; ++round) // in turns: the machine drifts
        for (program& p : programs)
            p.samples.push_back(run(p.command));
    fmt::print("\n{}\n", title);
    for (program& p : programs) {
        const sample s = median(p.samples);
        fmt::print("  {:<14} {:>6.2f} s  {:>6.2f} s of CPU  {:>4} open\n", p.name,
                   s.seconds, s.cpu, s.open);
    }
    if (programs.size() == 2)
        fmt::print("  {:.1f} × as fast as {}\n",
                   median(programs[1].samples).seconds /
                       median(programs[0].samples).seconds,
                   programs[1].name);
    for (program& p : programs)
        p.samples.clear();
}

} // namespace

int main(int argc, char** argv) try {
    int rounds = 7;
    ladder::option_parser options{"bench_port_scanner",
                                  "The scanner beside nmap, on all ports of 127.0.0.1."};
    options.number("--rounds", &rounds, "medians of so many", {1, 1000});
    if (const auto status = options.parse(argc, argv)) return *status;

    std::vector<program> programs{
        {"port_scanner", {LADDER_BIN_DIR "/port_scanner", "127.0.0.1"}}};
    if (installed("nmap"))
        programs.push_back(
            {"nmap",
             {"nmap", "-n", "-Pn", "-sT", "-T5", "--max-retries", "0", "--min-rate",
              "50000", "--min-parallelism", "1000", "-p1-65535", "127.0.0.1"}});
    else
        fmt::print("nmap is not installed, and so there is nothing to compare with\n");
    for (const program& p : programs)
        fmt::print("{} {}\n", p.name,
                   fmt::join(p.command.begin() + 1, p.command.end(), " "));

    std::mt19937 random{std::random_device{}()};
    const listeners listening{listener_count, random};
    compare(fmt::format("all answer, {} are open; medians of {}", listener_count, rounds),
            programs, rounds);
    const silent_ports silent{silent_count, random};
    compare(fmt::format("the same, and {} are silent", silent_count), programs, rounds);
} catch (const std::exception& error) {
    fmt::print(stderr, "bench_port_scanner: {}\n", error.what());
    return 1;
}
