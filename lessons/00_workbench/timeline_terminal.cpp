#include "timeline_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace ladder::timeline {

using namespace detail;

namespace {

// What a terminal shows.
struct glyphs {
    std::string_view runs, partly, waits, begins, ends, short_wait, more;
};

constexpr glyphs unicode_glyphs{"█", "▒", "─", "├", "┤", "│", "…"};
constexpr glyphs ascii_glyphs{"#", "+", "-", "|", "|", "|", "..."};

struct cell {
    std::string text = " ";
    double running = 0; // share of the cell's time
    bool waiting = false;
};

std::vector<cell> cells_of(const row& one, std::int64_t zero, double per_cell,
                           std::size_t columns, const terminal_options& options) {
    const auto& draws = options.ascii ? ascii_glyphs : unicode_glyphs;
    std::vector<cell> cells(columns);
    const auto column = [&](std::int64_t time) {
        const auto at = std::floor(static_cast<double>(time - zero) / per_cell);
        return std::min(static_cast<std::size_t>(at), columns - 1);
    };
    // The column of an end: the one that the last moment falls into.
    const auto last_column = [&](const interval& from) {
        return std::max(column(from.begin),
                        from.end > from.begin ? column(from.end - 1) : std::size_t{0});
    };
    for (const auto& from : one.intervals) {
        const auto first = column(from.begin), last = last_column(from);
        for (auto i = first; i <= last; ++i) {
            if (from.kind == kind::waits) {
                cells[i].waiting = true;
                cells[i].text = first == last ? draws.short_wait
                                : i == first  ? draws.begins
                                : i == last   ? draws.ends
                                              : draws.waits;
                continue;
            }
            const double left =
                static_cast<double>(zero) + static_cast<double>(i) * per_cell;
            const double share =
                std::min(static_cast<double>(from.end), left + per_cell) -
                std::max(static_cast<double>(from.begin), left);
            cells[i].running += std::max(share, 1.0) / per_cell;
        }
    }
    for (auto& each : cells) {
        if (each.running == 0) continue;
        each.waiting = false;
        each.text = each.running >= 0.5 ? draws.runs : draws.partly;
    }
    // Labels go where the line of a wait is long enough.
    for (const auto& from : one.intervals) {
        const auto label = characters(short_label(from.label), options.ascii);
        if (from.kind != kind::waits || label.empty()) continue;
        std::size_t length = 0;
        for (auto i = column(from.begin) + 1; i < last_column(from); ++i) {
            length = cells[i].text == draws.waits ? length + 1 : 0;
            if (length < label.size() + 2) continue;
            for (std::size_t k = 0; k < length; ++k)
                cells[i + 1 - length + k].text =
                    k == 0 || k == length - 1 ? " " : label[k - 1];
            break;
        }
    }
    return cells;
}

std::string line_of(const std::vector<cell>& cells, bool color) {
    std::string line;
    std::string_view now = "";
    for (const auto& each : cells) {
        const std::string_view wanted = !color             ? ""
                                        : each.running > 0 ? "\x1b[32m"
                                        : each.waiting     ? "\x1b[2m"
                                                           : "";
        if (wanted != now) line += now.empty() ? "" : "\x1b[0m";
        if (wanted != now) line += wanted;
        now = wanted;
        line += each.text;
    }
    if (!now.empty()) line += "\x1b[0m";
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

} // namespace

std::string draw_terminal(std::span<const panel> panels,
                          const terminal_options& options) {
    const auto& draws = options.ascii ? ascii_glyphs : unicode_glyphs;
    const auto drawn = prepare(panels, options.max_rows);
    const auto longest = longest_of(drawn);
    std::size_t left = 0;
    for (const auto& each : drawn)
        for (const auto& name : each.names)
            left = std::max(left, name.size() + 1);
    const std::size_t columns = options.width > left + 10 ? options.width - left : 10;
    const double per_cell = static_cast<double>(longest) / static_cast<double>(columns);
    auto in = unit::of(longest);
    if (options.ascii && in.nanoseconds == 1'000) in.name = "us";

    std::string out;
    for (const auto& each : drawn) {
        if (!each.title.empty())
            out += fmt::format("{}  {}\n", clean(each.title, options.ascii),
                               in.text(each.duration));
        if (each.shown.empty()) out += "(nothing recorded)\n";
        for (std::size_t i = 0; i < each.shown.size(); ++i) {
            const auto cells =
                cells_of(each.shown[i], each.begin, per_cell, columns, options);
            out += fmt::format("{:<{}}{}\n", each.names[i], left,
                               line_of(cells, options.color));
        }
        if (each.hidden > 0)
            out +=
                fmt::format("{:<{}}{} {} more rows\n", "", left, draws.more, each.hidden);
    }

    // The scale: a number stands where its time begins; the unit behind the last one.
    std::string scale;
    const auto step = tick_distance(longest, std::max<std::size_t>(columns / 10, 1));
    for (std::int64_t tick = 0; tick <= longest; tick += step) {
        const auto text = fmt::format("{:g}", in.number(tick));
        const auto at = static_cast<std::size_t>(static_cast<double>(tick) / per_cell);
        const bool last = tick + step > longest;
        const auto needed = text.size() + (last ? in.name.size() + 1 : 0);
        scale.resize(std::max(scale.size(), std::min(at, columns - needed)), ' ');
        scale += text;
    }
    out += fmt::format("{:<{}}{} {}\n", "", left, scale, in.name);
    out += fmt::format("{:<{}}{} runs  {} runs now and then  {}{}{} waits\n", "", left,
                       draws.runs, draws.partly, draws.begins, draws.waits, draws.ends);
    return out;
}

std::string draw_terminal(const std::vector<interval>& intervals,
                          const terminal_options& options) {
    return draw_terminal(std::array{panel{{}, intervals}}, options);
}

} // namespace ladder::timeline
