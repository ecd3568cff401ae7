#include "table.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>

namespace ladder::tour {

namespace {

constexpr int name_width = 20;

std::string ratio(double times) {
    if (times == 0) return "-";
    return fmt::format("{:.{}f} ×", times, times < 9.95 ? 1 : 0);
}

struct column {
    std::string_view head;
    int width;
    std::string (*text)(const outcome& one, const outcome& slowest);
};

// The first ones matter most: a narrow terminal shows as many as it has room for.
constexpr std::array columns{
    column{"time", 10,
           [](const outcome& one, const outcome&) {
               return fmt::format("{:.2f} s", seconds(one.cost.wall));
           }},
    column{"faster", 9,
           [](const outcome& one, const outcome& slowest) {
               return ratio(times_faster(one, slowest));
           }},
    column{"CPU", 9,
           [](const outcome& one, const outcome&) {
               return fmt::format("{:.0f} ms", seconds(one.cost.cpu) * 1e3);
           }},
    column{"memory", 10,
           [](const outcome& one, const outcome&) {
               return fmt::format("{:.1f} MB",
                                  static_cast<double>(one.cost.peak_memory) / 1e6);
           }},
    column{"proc.", 6,
           [](const outcome& one, const outcome&) {
               return std::to_string(one.cost.max_processes);
           }},
    column{"thr.", 6,
           [](const outcome& one, const outcome&) {
               return std::to_string(one.cost.max_threads);
           }},
    column{"in flight", 10,
           [](const outcome& one, const outcome&) {
               return std::to_string(one.seen.peak_in_flight);
           }},
};

} // namespace

double times_faster(const outcome& a, const outcome& b) {
    if (!a.failure.empty() || !b.failure.empty() || a.cost.wall.count() == 0) return 0;
    return seconds(b.cost.wall) / seconds(a.cost.wall);
}

void table::print_head() const {
    std::string line = fmt::format("{:<{}}", "rung", name_width);
    std::size_t used = name_width;
    for (const auto& each : columns)
        if ((used += static_cast<std::size_t>(each.width)) <= how_.width)
            line += fmt::format("{:>{}}", each.head, each.width);
    fmt::print("{}\n", how_.bold(line));
    std::fflush(stdout);
}

void table::print_name(const entry& which) const {
    fmt::print("{:<{}}", which.title(), name_width);
    std::fflush(stdout);
}

void table::print_figures(const outcome& one, const outcome& slowest) const {
    std::string line;
    std::size_t used = name_width;
    for (const auto& each : columns)
        if ((used += static_cast<std::size_t>(each.width)) <= how_.width)
            line += fmt::format("{:>{}}", each.text(one, slowest), each.width);
    if (one.failure.empty())
        fmt::print("{}\n", line);
    else
        fmt::print("  {}\n", how_.red("FAILED: " + one.failure));
    std::fflush(stdout);
}

} // namespace ladder::tour
