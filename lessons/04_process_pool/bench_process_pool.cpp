// What a Python user has, side by side: tasks a second, and what one kill costs. The
// Python side is bench_process_pool.py, with the first python3 in PATH.

#include "process_pool.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/stopwatch.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace ladder::process_pool;
using seconds = std::chrono::duration<double>;

namespace {

constexpr const char* script =
    LADDER_BIN_DIR "/../../lessons/04_process_pool/bench_process_pool.py";
constexpr int kill_after = 50; // tasks that have ended, of those below
constexpr int fault_tasks = 400;

double tasks_per_second(std::size_t workers, std::size_t count) {
    process_pool<int, int> pool{[](int n) { return n; }, {.workers = workers}};
    std::vector<int> numbers(count);
    for (std::size_t i = 0; i < count; ++i)
        numbers[i] = static_cast<int>(i);
    pool.map(std::vector<int>(workers)); // they have started
    const ladder::stopwatch watch;
    const auto results = pool.map(numbers);
    const double time = seconds{watch.elapsed().wall}.count();
    pool.join();
    if (results != numbers) throw std::runtime_error{"the results are wrong"};
    return static_cast<double>(count) / time;
}

double round_trips_per_second(std::size_t workers, int count) {
    process_pool<int, int> pool{[](int n) { return n; }, {.workers = workers}};
    pool.submit(0).get();
    const ladder::stopwatch watch;
    for (int i = 0; i < count; ++i)
        pool.submit(i).get();
    return count / seconds{watch.elapsed().wall}.count();
}

// One worker is killed in the middle of 400 tasks of a millisecond.
int tasks_lost_to_a_kill(std::size_t workers) {
    process_pool<int, int> pool{[](int n) {
                                    const ladder::stopwatch watch;
                                    while (watch.elapsed().wall <
                                           std::chrono::milliseconds{1}) {
                                    }
                                    return n;
                                },
                                {.workers = workers}};
    int ended = 0, good = 0;
    for (int i = 0; i < fault_tasks; ++i)
        pool.submit(i, [&](const result<int>& r) {
            good += r.ok() ? 1 : 0;
            if (++ended == kill_after) ::kill(pool.pids().front(), SIGKILL);
        });
    pool.join();
    return fault_tasks - good;
}

// What bench_process_pool.py measured; nothing without a python3, or when it takes too
// long.
std::optional<double> python(const std::string& what, std::size_t workers, int count) {
    // In the foreground Ctrl-C reaches it, and no shell comments on its end.
    const auto command =
        fmt::format("exec timeout --foreground -s INT 60 python3 '{}' {} {} {}", script,
                    what, workers, count);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> output{
        ::popen(command.c_str(), "re"), ::pclose};
    double number = 0;
    if (!output || std::fscanf(output.get(), "%lf", &number) != 1) return {};
    return number;
}

void show(std::string_view what, double ours, std::optional<double> theirs) {
    fmt::print("{:<34} {:>9.0f}  {:>9}  {:>7}\n", what, ours,
               theirs ? fmt::format("{:.0f}", *theirs) : "-",
               theirs && *theirs > 0 ? fmt::format("{:.1f} ×", ours / *theirs) : "");
    std::fflush(stdout);
}

void show_lost(std::string_view whose, std::optional<double> lost) {
    fmt::print("{:<34} {:>9}\n", whose, lost ? fmt::format("{:.0f}", *lost) : "-");
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
    std::size_t workers = 2;
    ladder::option_parser options{"bench_process_pool",
                                  "The process pool beside Python's."};
    options.number("--workers", &workers, "processes in each pool", {1, 256});
    if (const auto status = options.parse(argc, argv)) return *status;

    fmt::print("{} workers\n\n{:<34} {:>9}  {:>9}\n", workers, "empty tasks a second",
               "ours", "Executor");
    const double mapped = tasks_per_second(workers, 200'000);
    show("map", mapped, python("tasks", workers, 20'000));
    show("map, theirs in chunks of 64", mapped, python("chunks", workers, 200'000));
    show("submit one, wait for it", round_trips_per_second(workers, 20'000),
         python("trips", workers, 5'000));

    fmt::print("\n{:<34} {:>9}\n", "400 tasks, one kill: tasks lost", "");
    show_lost("this pool", tasks_lost_to_a_kill(workers));
    show_lost("ProcessPoolExecutor", python("executor", workers, 0));
    show_lost("multiprocessing.Pool, after 5 s", python("pool", workers, 0));
}
