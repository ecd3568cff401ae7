#include "quantity.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <utility>

namespace ladder {

namespace {

using std::chrono::milliseconds;
using unit = std::pair<std::string_view, double>;

constexpr std::array<unit, 4> durations{
    {{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<unit, 8> sizes{{{"GB", 1e9},
                                     {"MB", 1e6},
                                     {"kB", 1e3},
                                     {"KB", 1e3},
                                     {"GiB", 1073741824},
                                     {"MiB", 1048576},
                                     {"KiB", 1024},
                                     {"B", 1}}};

/// A positive number and one of the units; without one it counts `bare`.
std::optional<double> parse_quantity(std::string_view text, std::span<const unit> units,
                                     std::string_view bare) {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    std::string_view suffix{rest, static_cast<std::size_t>(end - rest)};
    if (error != std::errc{} || !std::isfinite(value) || value < 0) return {};
    if (suffix.empty()) suffix = bare;
    for (const auto& [name, factor] : units)
        if (suffix == name) return value * factor;
    return {};
}

/// In the largest of the units that leaves a whole number.
std::string show_quantity(std::uint64_t value, std::span<const unit> units) {
    for (const auto& [name, factor] : units)
        if (value > 0 && value % static_cast<std::uint64_t>(factor) == 0)
            return fmt::format("{}{}", value / static_cast<std::uint64_t>(factor), name);
    return fmt::format("{}{}", value, units.back().first);
}

} // namespace

std::optional<milliseconds> parse_duration(std::string_view text, std::string_view bare,
                                           milliseconds least) {
    const auto ms = parse_quantity(text, durations, bare);
    if (!ms || *ms < static_cast<double>(least.count()) || *ms > 86'400'000.0 * 365)
        return {};
    return milliseconds{std::llround(*ms)};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    const auto bytes = parse_quantity(text, sizes, "B");
    if (!bytes || *bytes < 1 || *bytes > 1e18) return {};
    return static_cast<std::uint64_t>(std::llround(*bytes));
}

std::string show_duration(milliseconds time) {
    return show_quantity(static_cast<std::uint64_t>(time.count()), durations);
}

std::string show_size(std::uint64_t bytes) {
    return show_quantity(bytes, sizes);
}

} // namespace ladder
