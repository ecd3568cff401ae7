#include "pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <numeric>
#include <string_view>
#include <system_error>

namespace ladder::tour {

namespace {

using timeline::interval;

/// When a page was asked for and when it was there, in nanoseconds from the first one.
struct wait {
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

/// The waits by the number of the page.
std::map<std::size_t, wait> waits_of(const std::vector<interval>& intervals) {
    constexpr std::string_view prefix = "page ";
    std::map<std::size_t, wait> result;
    if (intervals.empty()) return result;
    const auto zero = std::ranges::min(intervals, {}, &interval::begin).begin;
    for (const auto& each : intervals) {
        std::size_t number = 0;
        if (!each.label.starts_with(prefix)) continue;
        std::from_chars(each.label.data() + prefix.size(),
                        each.label.data() + each.label.size(), number);
        const wait now{each.begin - zero, each.end - zero};
        const auto [at, is_new] = result.try_emplace(number, now);
        if (!is_new) // tried again
            at->second = {std::min(at->second.begin, now.begin),
                          std::max(at->second.end, now.end)};
    }
    return result;
}

std::int64_t end_of(const std::map<std::size_t, wait>& waits) {
    std::int64_t end = 0;
    for (const auto& [number, each] : waits)
        end = std::max(end, each.end);
    return end;
}

std::string in_seconds(std::int64_t nanoseconds) {
    return fmt::format("{:.2f} s", static_cast<double>(nanoseconds) / 1e9);
}

/// 1, 2 or 5 times a power of ten, so that at most ten of them fit into `longest`.
std::int64_t tick_distance(std::int64_t longest) {
    std::int64_t step = 1;
    for (int i = 0; longest / step > 10; ++i)
        step = i % 3 == 1 ? step / 2 * 5 : step * 2;
    return step;
}

/// Makes one wait of those that follow each other in a row, when most are too short to be
/// told apart: less than `least`, in nanoseconds.
std::vector<interval> join(const std::vector<interval>& intervals, std::int64_t least) {
    std::vector<interval> result;
    for (const auto& row : timeline::rows(intervals)) {
        const auto& all = row.intervals;
        const auto length = std::accumulate(all.begin(), all.end(), std::int64_t{0},
                                            [](std::int64_t sum, const interval& one) {
                                                return sum + one.end - one.begin;
                                            });
        const auto count = static_cast<std::int64_t>(all.size());
        const bool same = std::ranges::all_of(
            all, [](const interval& one) { return one.kind == timeline::kind::waits; });
        if (count < 2 || length > count * least || !same) {
            result.insert(result.end(), all.begin(), all.end());
            continue;
        }
        result.push_back(all.front());
        result.back().end = all.back().end;
        result.back().label = fmt::format("{} pages", count);
    }
    return result;
}

// Pixels of the picture's own; it scales to any size.
constexpr double width = 960, left = 84, right = 928;
constexpr double first_panel = 72, panel_head = 22, between_panels = 36;

constexpr std::string_view picture_style =
    "text{font:13px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#57606a}"
    ".t{font-size:20px;font-weight:600;fill:#1f2328}"
    ".h{font-size:15px;font-weight:600;fill:#1f2328}"
    ".b{font-size:30px;font-weight:600}.n{font-size:11px}"
    ".e{text-anchor:end}.m{text-anchor:middle}"
    ".g{stroke:#d8dee4}.u{stroke:#1a7f8f;stroke-dasharray:2 4}"
    ".k{fill:#f6f8fa}.s{fill:#d9822b}.f{fill:#1a7f8f}"
    "@media(prefers-color-scheme:dark){text{fill:#9198a1}.t,.h{fill:#f0f6fc}"
    ".g{stroke:#30363d}.u{stroke:#4fc3d9}.k{fill:#161b22}.s{fill:#f0a04b}"
    ".f{fill:#4fc3d9}}";

class comparison {
public:
    /// `fast` is when the faster of the two had all pages.
    comparison(std::size_t pages, std::int64_t longest, std::int64_t fast)
        : pages_(pages),
          longest_(std::max<std::int64_t>(longest, 1)),
          fast_(fast),
          pitch_(std::clamp(200.0 / static_cast<double>(pages), 0.2, 10.0)) {}

    void add_panel(char color, const std::string& title, const std::string& subtitle,
                   const std::map<std::size_t, wait>& waits, const std::string& result) {
        put(R"(<text x="{:.0f}" y="{:.1f}"><tspan class="h">{}</tspan>)"
            R"(<tspan dx="10">{}</tspan></text>)",
            left, y_ + 8, title, subtitle);
        const double top = y_ + panel_head;
        y_ = top + static_cast<double>(pages_) * pitch_;
        put(R"(<rect class="k" x="{:.0f}" y="{:.1f}" width="{:.0f}" height="{:.1f}" )"
            R"(rx="6"/>)",
            left - 6, top - 6, right - left + 12, y_ - top + 12);
        for (std::int64_t tick = 0; tick <= longest_; tick += tick_distance(longest_))
            put(R"(<path class="g" d="M{:.1f} {:.1f}V{:.1f}"/>)", x_of(tick), top - 6,
                y_ + 6);
        put(R"(<path class="u" d="M{:.1f} {:.1f}V{:.1f}"/>)", x_of(fast_), top - 6,
            y_ + 6);
        for (const auto& [number, each] : waits) {
            const double begin = x_of(each.begin), length = x_of(each.end) - begin;
            put(R"(<rect class="{}" x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}" )"
                R"(rx="{:.1f}"/>)",
                color, begin, top + (static_cast<double>(number) - 0.9) * pitch_,
                std::max(length, 1.0), 0.8 * pitch_, std::min(pitch_ / 4, 2.5));
        }
        put(R"(<text class="n e" x="{:.0f}" y="{:.1f}">page 1</text>)", left - 14,
            top + 9);
        if (pages_ > 1)
            put(R"(<text class="n e" x="{:.0f}" y="{:.1f}">page {}</text>)", left - 14,
                y_ - 1, pages_);

        // Where the fast one has ended, and the slow one leaves room beneath its bars.
        const double x = x_of(fast_) + 300 < right ? x_of(fast_) + 26 : left + 26;
        put(R"(<text class="b"><tspan class="{}" x="{:.1f}" y="{:.1f}">{}</tspan></text>)",
            color, x, y_ - 30, in_seconds(end_of(waits)));
        put(R"(<text x="{:.1f}" y="{:.1f}">{}</text>)", x, y_ - 10, result);
        y_ += between_panels;
    }

    std::string finish(const std::string& title, const std::string& description) {
        const double bottom = y_ - between_panels + 6;
        for (std::int64_t tick = 0; tick <= longest_; tick += tick_distance(longest_))
            put(R"(<text class="m" x="{:.1f}" y="{:.1f}">{:g} s</text>)", x_of(tick),
                bottom + 20, static_cast<double>(tick) / 1e9);
        return fmt::format(
            R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {:.0f} {:.0f}" )"
            R"(role="img" aria-labelledby="t d">)"
            "\n<title id=\"t\">{}</title>\n<desc id=\"d\">{}</desc>\n"
            "<style>{}</style>\n"
            R"(<text class="t" x="{:.0f}" y="38">{}</text>)"
            "\n{}</svg>\n",
            width, bottom + 34, title, description, picture_style, left, title, body_);
    }

private:
    double x_of(std::int64_t time) const {
        return left +
               static_cast<double>(time) / static_cast<double>(longest_) * (right - left);
    }

    template <class... Values>
    void put(fmt::format_string<Values...> text, Values&&... values) {
        fmt::format_to(std::back_inserter(body_), text, std::forward<Values>(values)...);
        body_ += '\n';
    }

    std::size_t pages_;
    std::int64_t longest_;
    std::int64_t fast_;
    double pitch_;
    double y_ = first_panel;
    std::string body_;
};

} // namespace

std::string draw_terminal(std::span<const outcome> outcomes, look how) {
    constexpr std::size_t rows = 3;
    constexpr std::size_t least_columns = 4; // of a wait that stands for itself
    std::int64_t longest = 0;
    for (const auto& one : outcomes)
        longest = std::max(longest, end_of(waits_of(one.intervals)));
    const auto least = longest * static_cast<std::int64_t>(least_columns) /
                       static_cast<std::int64_t>(how.width);
    std::vector<timeline::panel> panels;
    for (const auto& one : outcomes)
        panels.push_back({one.rung.title(), join(one.intervals, least)});
    return timeline::draw_terminal(
        panels, {.width = how.width, .max_rows = rows, .color = how.color});
}

std::string draw_comparison(const workload& work, const outcome& slow,
                            const outcome& fast) {
    const auto slow_waits = waits_of(slow.intervals),
               fast_waits = waits_of(fast.intervals);
    const auto slow_end = end_of(slow_waits), fast_end = end_of(fast_waits);
    const double times = static_cast<double>(slow_end) /
                         static_cast<double>(std::max<std::int64_t>(fast_end, 1));

    const auto in_flight = fast.seen.peak_in_flight;
    comparison picture{work.pages, std::max(slow_end, fast_end), fast_end};
    picture.add_panel('s', "A loop", "waits for one page at a time", slow_waits,
                      "one after the other");
    picture.add_panel('f', "Fibers",
                      fmt::format("wait for {} pages at a time", in_flight), fast_waits,
                      fmt::format("{:.0f} times as fast", times));
    return picture.finish(
        fmt::format("The same {} pages, each {} ms late", work.pages, work.delay.count()),
        fmt::format("One after the other they take {}; {} at a time, {}.",
                    in_seconds(slow_end), in_flight, in_seconds(fast_end)));
}

void write_file(const std::filesystem::path& file, const std::string& text) {
    std::ofstream out{file};
    out << text;
    out.close();
    if (!out) throw std::system_error{errno, std::generic_category(), file};
}

void write_pictures(std::span<const outcome> outcomes,
                    const std::filesystem::path& folder) {
    for (const auto& one : outcomes)
        write_file(folder / (one.rung.name() + ".svg"),
                   timeline::draw_svg(std::array{timeline::panel{{}, one.intervals}},
                                      {.title = one.rung.title(), .max_rows = 60}));
}

} // namespace ladder::tour
