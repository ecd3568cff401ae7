// Very many, and what each of them costs.

#include "demo_crowd.hpp"
#include "workbench/demo.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/option_parser.hpp"

#include <boost/fiber/protected_fixedsize_stack.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ladder::fibers {

using clock = std::chrono::steady_clock;

namespace {

/// Bytes for one fiber, with some to spare.
constexpr double fiber_needs = 12e3;

/// The only option of these demos; returns what option_parser::parse does.
std::optional<int> parse_count(arguments given, const char* demo, std::size_t& count) {
    option_parser options{demo, "Very many fibers, and what they cost."};
    options.number("--count", &count, "how many", {1});
    const auto status = options.parse(given);
    if (!status) need_memory(static_cast<double>(count) * fiber_needs);
    return status;
}

/// Since it was made: seconds and bytes.
class meter {
public:
    void print(std::string_view what, std::size_t count) const {
        const std::chrono::duration<double> time = clock::now() - start_;
        const double memory = resident_memory() - memory_;
        fmt::print("{:<12}{:>8} alive   {:>5.2f} s   {:>6.0f} MB   {:>6.0f} B each\n",
                   what, count, time.count(), memory / 1e6,
                   memory / static_cast<double>(count));
    }

private:
    double memory_ = resident_memory();
    clock::time_point start_ = clock::now();
};

void print_row(const char* what, std::size_t count, const cost& c) {
    fmt::print("{:<12}{:>8}{:>12.2f} µs{:>12.1f} KB{:>12.1f} KB\n", what, count,
               c.start.count(), c.memory / 1e3, c.kernel / 1e3);
    if (c.ended != count)
        throw std::runtime_error{fmt::format("only {} of them ended", c.ended)};
}

/// Lines of /proc/self/maps in which this stands.
std::size_t mappings(std::string_view what) {
    std::ifstream maps{"/proc/self/maps"};
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);)
        count += line.find(what) != line.npos ? 1 : 0;
    return count;
}

} // namespace

int show_many(arguments given) {
    std::size_t count = 200'000;
    if (const auto status = parse_count(given, "many", count)) return *status;
    const meter since_fibers;
    waiting_fibers fibers{count};
    since_fibers.print("fibers", count);
    const meter since_coroutines;
    waiting_coroutines coroutines{count};
    since_coroutines.print("coroutines", count);
    fmt::print("in one process, with {} thread\n",
               number_in("/proc/self/status", "Threads"));
    const auto ended = fibers.end();
    fmt::print("ended: {} fibers, {} coroutines\n", ended, coroutines.end());
    return 0;
}

int show_costs(arguments given) {
    std::size_t count = 200'000;
    if (const auto status = parse_count(given, "costs", count)) return *status;
    const std::size_t threads = std::min<std::size_t>(count, 5'000);
    const std::size_t processes = std::min<std::size_t>(count, 300);
    fmt::print("{:<12}{:>8}{:>15}{:>15}{:>15}\n", "one", "at once", "to start", "memory",
               "in the kernel");
    print_row("process", processes, cost_of_processes(processes));
    print_row("thread", threads, cost_of_threads(threads));
    print_row("fiber", count, cost_of_fibers(count));
    print_row("coroutine", count, cost_of_coroutines(count));
    return 0;
}

int show_guards(arguments given) {
    std::size_t count = 200'000;
    if (const auto status = parse_count(given, "guards", count)) return *status;
    const std::size_t before = mappings("---p");
    boost::fibers::shared_future<void> open;
    fiber_group group;
    boost::fibers::promise<void> gate; // after the group: its end releases the fibers
    open = gate.get_future().share();
    const boost::fibers::protected_fixedsize_stack stack{16 << 10};
    std::size_t refused = 0;
    for (std::size_t i = 0; i < count; ++i) {
        try {
            group.spawn(std::allocator_arg, stack, [&open] { open.wait(); });
        } catch (const std::bad_alloc&) { // no mapping for a stack; often it gets one
            ++refused;
        }
    }
    const std::size_t guarded = mappings("---p") - before;
    std::size_t most = 0;
    std::ifstream{"/proc/sys/vm/max_map_count"} >> most;
    fmt::print("{} fibers on stacks with a guard page, so we believe\n"
               "{} have one; the kernel keeps at most {} mappings (vm.max_map_count),\n"
               "and refused a stack to {} more\n",
               group.size(), guarded, most, refused);
    gate.set_value();
    group.join();
    return 0;
}

} // namespace ladder::fibers
