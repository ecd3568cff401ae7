#include "text.hpp"
#include "timeline_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace ladder::timeline {

using namespace detail;

namespace {

std::string escaped(std::string_view text) {
    return escape_xml(clean(text));
}

// Pixels of the drawing's own; it scales to any size.
constexpr double svg_width = 960;
constexpr double svg_margin = 20;
constexpr double svg_names = 84;
constexpr double character_width = 5.4; // of a label, at 10 pixels
constexpr double smallest_bar = 0.75;   // anything shorter is drawn this long

constexpr std::string_view svg_style =
    "text{font:12px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#57606a}"
    ".t{font-size:15px;font-weight:600;fill:#1f2328}.p{font-size:13px;font-weight:600;"
    "fill:#1f2328}.l{font-size:10px;fill:#3d5166}.e{text-anchor:end}.m{text-anchor:"
    "middle}"
    ".g{stroke:#d8dee4}.w{fill:#d3dfea}.r{fill:#1f6f8b}"
    "@media(prefers-color-scheme:dark){text{fill:#9198a1}.t,.p{fill:#f0f6fc}"
    ".l{fill:#b6c6d6}.g{stroke:#2d333b}.w{fill:#2b3d4f}.r{fill:#5cc8e0}}";

// Bars of one row, without those that would lie on the same spot.
void draw_bars(std::string& out, const row& one, std::int64_t zero, double left,
               double per_pixel, double top, double height) {
    const auto x_of = [&](std::int64_t time) {
        return left + static_cast<double>(time - zero) / per_pixel;
    };
    std::map<kind, double> drawn_until;
    for (const auto& from : one.intervals) {
        double begin = x_of(from.begin);
        const double end = std::max(x_of(from.end), begin + smallest_bar);
        auto& until = drawn_until[from.kind];
        if (end <= until + smallest_bar / 2) continue;
        begin = std::max(begin, until);
        until = end;
        const double gap = end - begin > 3 ? 0.6 : 0; // neighbours stay apart
        out += fmt::format(
            "<rect class=\"{}\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" "
            "height=\"{:.2f}\"{}/>\n",
            from.kind == kind::runs ? 'r' : 'w', begin, top, end - begin - gap, height,
            end - begin > 6 && height > 5 ? " rx=\"2\"" : "");
    }
    for (const auto& from : one.intervals) {
        const auto label = characters(short_label(from.label));
        const double length = static_cast<double>(label.size()) * character_width;
        if (from.kind != kind::waits || height < 11 || label.empty()) continue;
        // Where nothing runs on top of it: before the first run, between two, at the end.
        double free = x_of(from.begin) + 3;
        const auto try_until = [&](double end) { return end - free >= length + 3; };
        bool fits = false;
        for (const auto& run : one.intervals) {
            if (run.kind != kind::runs || run.end <= from.begin || run.begin >= from.end)
                continue;
            if ((fits = try_until(x_of(run.begin)))) break;
            free = x_of(run.end) + 3;
        }
        if (fits || try_until(x_of(from.end)))
            out += fmt::format("<text class=\"l\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
                               free, top + height / 2 + 3.5,
                               escaped(short_label(from.label)));
    }
}

} // namespace

std::string draw_svg(std::span<const panel> panels, const svg_options& options) {
    const auto drawn = prepare(panels, options.max_rows);
    const auto longest = longest_of(drawn);
    const auto in = unit::of(longest);
    std::size_t row_count = 1;
    bool named = false;
    for (const auto& each : drawn) {
        row_count += each.shown.size();
        named = named || each.shown.size() > 1;
    }
    const double left = svg_margin + (named ? svg_names : 0);
    const double right = svg_width - svg_margin;
    const double per_pixel = static_cast<double>(longest) / (right - left);
    const double pitch = std::clamp(480.0 / static_cast<double>(row_count), 5.0, 19.0);
    const double bar = pitch > 8 ? pitch - 3 : pitch - 1.5;
    const double head = 54;

    std::string body;
    double y = head;
    for (const auto& each : drawn) {
        if (!each.title.empty()) {
            y += 16;
            body += fmt::format("<text class=\"p\" x=\"{:.0f}\" y=\"{:.1f}\">{}</text>\n",
                                svg_margin, y, escaped(each.title));
            y += 9;
        }
        const double top = y;
        double name_below = 0; // names must not touch where rows are narrow
        for (std::size_t i = 0; i < each.shown.size(); ++i, y += pitch) {
            if (named && !each.names[i].empty() && y >= name_below) {
                body +=
                    fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\">{}</text>\n", svg_margin,
                                y + std::min(bar / 2 + 4, 11.0), each.names[i]);
                name_below = y + 13;
            }
            draw_bars(body, each.shown[i], each.begin, left, per_pixel, y, bar);
        }
        if (each.hidden > 0) {
            y += 12;
            body += fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\">… {} more rows</text>\n",
                                left, y, each.hidden);
            y += 4;
        }
        // How long it took: where its last bar ends, or above that at the right edge.
        const double end = left + static_cast<double>(each.duration) / per_pixel;
        const bool beside = end + 70 < right;
        if (each.duration > 0)
            body += fmt::format(
                "<text class=\"p{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
                beside ? "" : " e", beside ? end + 10 : right,
                beside ? (top + y) / 2 + 3.5 : top - 9, in.text(each.duration));
        y += 8;
    }
    const double height = y + 28;

    std::string grid;
    const auto step = tick_distance(longest, 10);
    for (std::int64_t tick = 0; tick <= longest; tick += step) {
        const double x = left + static_cast<double>(tick) / per_pixel;
        grid +=
            fmt::format("<path class=\"g\" d=\"M{:.1f} {:.0f}V{:.1f}\"/>"
                        "<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{:g} {}</text>\n",
                        x, head - 8, y, x > right - 20 ? 'e' : 'm', x, y + 15,
                        in.number(tick), in.name);
    }

    std::string description;
    for (const auto& each : drawn)
        description += fmt::format("{}{}: {}", description.empty() ? "" : "; ",
                                   each.title.empty() ? "total" : escaped(each.title),
                                   in.text(each.duration));
    const auto title =
        escaped(options.title.empty() ? "Who runs and who waits" : options.title);
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0f} {:.0f}\" "
        "role=\"img\" aria-labelledby=\"t d\">\n"
        "<title id=\"t\">{}</title>\n<desc id=\"d\">{}</desc>\n<style>{}</style>\n"
        "<text class=\"t\" x=\"{:.0f}\" y=\"28\">{}</text>\n"
        "<rect class=\"r\" x=\"{:.0f}\" y=\"18\" width=\"14\" height=\"10\" rx=\"2\"/>"
        "<text x=\"{:.0f}\" y=\"27\">runs</text>\n"
        "<rect class=\"w\" x=\"{:.0f}\" y=\"18\" width=\"14\" height=\"10\" rx=\"2\"/>"
        "<text x=\"{:.0f}\" y=\"27\">waits</text>\n{}{}</svg>\n",
        svg_width, height, title, description, svg_style, svg_margin, title, right - 122,
        right - 103, right - 52, right - 33, grid, body);
}

std::string draw_svg(const std::vector<interval>& intervals, const svg_options& options) {
    return draw_svg(std::array{panel{{}, intervals}}, options);
}

} // namespace ladder::timeline
