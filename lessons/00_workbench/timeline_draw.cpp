#include "timeline.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

namespace ladder::timeline {
namespace {

// The characters of a text, each as UTF-8, fit for a terminal or a document: control
// characters and broken encoding become '?'.
std::vector<std::string> characters(std::string_view text, bool ascii = false) {
    std::vector<std::string> result;
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text.front());
        const std::size_t size = first < 0x80             ? 1
                                 : (first & 0xE0) == 0xC0 ? 2
                                 : (first & 0xF0) == 0xE0 ? 3
                                 : (first & 0xF8) == 0xF0 ? 4
                                                          : 0;
        bool good = size == 1 ? first >= 0x20 && first != 0x7F
                              : size != 0 && size <= text.size() && first != 0xC0 &&
                                    first != 0xC1 && !ascii;
        for (std::size_t i = 1; good && i < size; ++i)
            good = (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
        // The control characters of ISO 8859-1 are controls of some terminals.
        if (good && first == 0xC2) good = static_cast<unsigned char>(text[1]) >= 0xA0;
        result.emplace_back(good ? text.substr(0, size) : "?");
        text.remove_prefix(good ? size : 1);
        while (!good && !text.empty() &&
               (static_cast<unsigned char>(text.front()) & 0xC0) == 0x80)
            text.remove_prefix(1);
    }
    return result;
}

std::string clean(std::string_view text, bool ascii = false) {
    return fmt::format("{}", fmt::join(characters(text, ascii), ""));
}

// What is drawn of a label: of a URL, the path tells pages apart.
std::string_view short_label(std::string_view label) {
    const auto scheme = label.find("://");
    const auto path = scheme == label.npos ? scheme : label.find('/', scheme + 3);
    if (path == label.npos) return label;
    return label.substr(path, label.find('?') - path);
}

std::int64_t first_begin(const std::vector<interval>& intervals) {
    return intervals.empty() ? 0
                             : std::ranges::min(intervals, {}, &interval::begin).begin;
}

std::int64_t duration(const std::vector<interval>& intervals) {
    if (intervals.empty()) return 0;
    return std::ranges::max(intervals, {}, &interval::end).end - first_begin(intervals);
}

// How times are written: one unit for the whole drawing.
struct unit {
    std::int64_t nanoseconds;
    std::string_view name;

    static unit of(std::int64_t longest) {
        if (longest < 2'000'000) return {1'000, "µs"};
        if (longest < 2'000'000'000) return {1'000'000, "ms"};
        return {1'000'000'000, "s"};
    }

    double number(std::int64_t time) const {
        return static_cast<double>(time) / static_cast<double>(nanoseconds);
    }

    // Three digits, e.g. "2.04 s".
    std::string text(std::int64_t time) const {
        const double value = number(time);
        return fmt::format("{:.{}f} {}", value,
                           value < 10    ? 2
                           : value < 100 ? 1
                                         : 0,
                           name);
    }
};

// Distance between ticks: 1, 2 or 5 times a power of ten, so that at most `most` fit.
std::int64_t tick_distance(std::int64_t longest, std::size_t most) {
    std::int64_t step = 1;
    for (std::size_t i = 0; longest / step > static_cast<std::int64_t>(most); ++i)
        step = i % 3 == 1 ? step / 2 * 5 : step * 2;
    return step;
}

// One name a row: the process where it begins, the thread where a process has several.
std::vector<std::string> names_of(const std::vector<row>& all) {
    std::map<pid_t, std::vector<pid_t>> threads;
    for (const auto& one : all) {
        auto& of_process = threads[one.pid];
        if (of_process.empty() || of_process.back() != one.tid)
            of_process.push_back(one.tid);
    }
    std::vector<std::string> names;
    std::size_t process = 0, thread = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const bool new_process = i == 0 || all[i].pid != all[i - 1].pid;
        const bool new_thread = new_process || all[i].tid != all[i - 1].tid;
        if (new_process) ++process, thread = 0;
        if (new_thread) ++thread;
        const bool several = threads[all[i].pid].size() > 1;
        names.emplace_back();
        if (several && new_thread && threads.size() == 1)
            names.back() = fmt::format("thread {}", thread);
        else if (several && new_thread)
            names.back() = fmt::format("{}.{}", process, thread);
        if (new_process && (!several || threads.size() > 1))
            names.back() = several ? fmt::format("process {}.{}", process, thread)
                                   : fmt::format("process {}", process);
    }
    return names;
}

struct drawn_panel {
    std::string title;
    std::vector<row> shown;
    std::vector<std::string> names;
    std::size_t hidden = 0;
    std::int64_t begin = 0;
    std::int64_t duration = 0;
};

std::vector<drawn_panel> prepare(std::span<const panel> panels, std::size_t max_rows) {
    std::vector<drawn_panel> result;
    for (const auto& one : panels) {
        drawn_panel next{.title = one.title,
                         .shown = rows(one.intervals),
                         .names = {},
                         .begin = first_begin(one.intervals),
                         .duration = duration(one.intervals)};
        next.names = names_of(next.shown);
        if (next.shown.size() > max_rows) {
            next.hidden = next.shown.size() - max_rows;
            next.shown.resize(max_rows);
        }
        result.push_back(std::move(next));
    }
    return result;
}

std::int64_t longest_of(const std::vector<drawn_panel>& panels) {
    std::int64_t longest = 1;
    for (const auto& one : panels)
        longest = std::max(longest, one.duration);
    return longest;
}

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

// XML, in text and in attributes.
std::string escape(std::string_view text) {
    std::string result;
    for (const char c : clean(text)) {
        switch (c) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '"':
            result += "&quot;";
            break;
        default:
            result += c;
        }
    }
    return result;
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
        fmt::format_to(std::back_inserter(out),
                       "<rect class=\"{}\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" "
                       "height=\"{:.2f}\"{}/>\n",
                       from.kind == kind::runs ? 'r' : 'w', begin, top, end - begin - gap,
                       height, end - begin > 6 && height > 5 ? " rx=\"2\"" : "");
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
            fmt::format_to(std::back_inserter(out),
                           "<text class=\"l\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
                           free, top + height / 2 + 3.5, escape(short_label(from.label)));
    }
}

} // namespace

std::vector<row> rows(std::vector<interval> intervals) {
    std::ranges::stable_sort(intervals, [](const interval& a, const interval& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
    });
    // Processes in the order in which they appear, and their threads too.
    std::vector<pid_t> processes;
    std::map<pid_t, std::vector<pid_t>> threads;
    std::map<std::pair<pid_t, pid_t>, std::vector<row>> lanes;
    // What still lasts in a lane, the innermost last; lanes[i] belongs to open[i].
    std::map<std::pair<pid_t, pid_t>, std::vector<std::vector<interval>>> open;

    for (auto& next : intervals) {
        const std::pair who{next.pid, next.tid};
        if (!threads.contains(next.pid)) processes.push_back(next.pid);
        if (!lanes.contains(who)) threads[next.pid].push_back(next.tid);
        auto& mine = lanes[who];
        auto& lasting = open[who];

        constexpr std::size_t none = -1;
        std::size_t empty = none, around = none;
        bool same_label = false;
        for (std::size_t i = 0; i < mine.size() && !same_label; ++i) {
            std::erase_if(lasting[i],
                          [&](const interval& one) { return one.end <= next.begin; });
            if (lasting[i].empty()) {
                empty = std::min(empty, i);
                continue;
            }
            const auto& outer = lasting[i].back();
            if (outer.kind == next.kind || outer.end < next.end) continue;
            same_label = outer.label == next.label;
            around = same_label ? i : std::min(around, i);
        }
        std::size_t lane = around != none ? around : empty;
        if (lane == none) {
            lane = mine.size();
            mine.push_back({next.pid, next.tid, {}});
            lasting.emplace_back();
        }
        lasting[lane].push_back(next);
        mine[lane].intervals.push_back(std::move(next));
    }

    std::vector<row> result;
    for (const pid_t pid : processes)
        for (const pid_t tid : threads[pid])
            std::ranges::move(lanes[{pid, tid}], std::back_inserter(result));
    return result;
}

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
            fmt::format_to(std::back_inserter(body),
                           "<text class=\"p\" x=\"{:.0f}\" y=\"{:.1f}\">{}</text>\n",
                           svg_margin, y, escape(each.title));
            y += 9;
        }
        const double top = y;
        double name_below = 0; // names must not touch where rows are narrow
        for (std::size_t i = 0; i < each.shown.size(); ++i, y += pitch) {
            if (named && !each.names[i].empty() && y >= name_below) {
                fmt::format_to(std::back_inserter(body),
                               "<text x=\"{:.0f}\" y=\"{:.1f}\">{}</text>\n", svg_margin,
                               y + std::min(bar / 2 + 4, 11.0), each.names[i]);
                name_below = y + 13;
            }
            draw_bars(body, each.shown[i], each.begin, left, per_pixel, y, bar);
        }
        if (each.hidden > 0) {
            y += 12;
            fmt::format_to(std::back_inserter(body),
                           "<text x=\"{:.0f}\" y=\"{:.1f}\">… {} more rows</text>\n",
                           left, y, each.hidden);
            y += 4;
        }
        // How long it took: where its last bar ends, or above that at the right edge.
        const double end = left + static_cast<double>(each.duration) / per_pixel;
        const bool beside = end + 70 < right;
        if (each.duration > 0)
            fmt::format_to(std::back_inserter(body),
                           "<text class=\"p{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
                           beside ? "" : " e", beside ? end + 10 : right,
                           beside ? (top + y) / 2 + 3.5 : top - 9,
                           in.text(each.duration));
        y += 8;
    }
    const double height = y + 28;

    std::string grid;
    const auto step = tick_distance(longest, 10);
    for (std::int64_t tick = 0; tick <= longest; tick += step) {
        const double x = left + static_cast<double>(tick) / per_pixel;
        fmt::format_to(std::back_inserter(grid),
                       "<path class=\"g\" d=\"M{:.1f} {:.0f}V{:.1f}\"/>"
                       "<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{:g} {}</text>\n",
                       x, head - 8, y, x > right - 20 ? 'e' : 'm', x, y + 15,
                       in.number(tick), in.name);
    }

    std::string description;
    for (const auto& each : drawn)
        description += fmt::format("{}{}: {}", description.empty() ? "" : "; ",
                                   each.title.empty() ? "total" : escape(each.title),
                                   in.text(each.duration));
    const auto title =
        escape(options.title.empty() ? "Who runs and who waits" : options.title);
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

std::string trace_event_json(const std::vector<interval>& intervals) {
    const auto zero = first_begin(intervals);
    const auto microseconds = [](std::int64_t time) {
        return static_cast<double>(time) / 1000;
    };
    // A viewer nests what overlaps in one thread, so every row gets a number of its own,
    // which is the thread's for its first row.
    boost::json::array events;
    std::int64_t extra = std::int64_t{1} << 30;
    const row* before = nullptr;
    const auto all = rows(intervals);
    const auto names = names_of(all);
    for (std::size_t i = 0; i < all.size(); before = &all[i++]) {
        const auto& one = all[i];
        const bool first =
            before == nullptr || before->pid != one.pid || before->tid != one.tid;
        const std::int64_t tid = first ? one.tid : extra++;
        if (first && !names[i].empty())
            events.push_back({{"name", "thread_name"},
                              {"ph", "M"},
                              {"pid", one.pid},
                              {"tid", tid},
                              {"args", {{"name", names[i]}}}});
        for (const auto& each : one.intervals)
            events.push_back({{"name", clean(each.label)},
                              {"cat", each.kind == kind::runs ? "runs" : "waits"},
                              {"ph", "X"},
                              {"ts", microseconds(each.begin - zero)},
                              {"dur", microseconds(each.end - each.begin)},
                              {"pid", one.pid},
                              {"tid", tid}});
    }
    boost::json::object file;
    file["displayTimeUnit"] = "ms";
    file["traceEvents"] = std::move(events);
    return boost::json::serialize(file) + "\n";
}

} // namespace ladder::timeline
