#include "timeline_rows.hpp"

#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace ladder::timeline {

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

namespace detail {

namespace {

std::int64_t duration(const std::vector<interval>& intervals) {
    if (intervals.empty()) return 0;
    return std::ranges::max(intervals, {}, &interval::end).end - first_begin(intervals);
}

} // namespace

std::vector<std::string> characters(std::string_view text, bool ascii) {
    const auto is_trail = [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    };
    std::vector<std::string> result;
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text.front());
        const std::size_t size = utf8_size(text);
        bool good = size == 1 ? first >= 0x20 && first != 0x7F : size > 1 && !ascii;
        // The control characters of ISO 8859-1 are controls of some terminals.
        if (good && first == 0xC2) good = static_cast<unsigned char>(text[1]) >= 0xA0;
        result.emplace_back(good ? text.substr(0, size) : "?");
        text.remove_prefix(good ? size : 1);
        while (!good && !text.empty() && is_trail(text.front()))
            text.remove_prefix(1);
    }
    return result;
}

std::string clean(std::string_view text, bool ascii) {
    std::string result;
    for (const auto& one : characters(text, ascii))
        result += one;
    return result;
}

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

unit unit::of(std::int64_t longest) {
    if (longest < 2'000'000) return {1'000, "µs"};
    if (longest < 2'000'000'000) return {1'000'000, "ms"};
    return {1'000'000'000, "s"};
}

std::string unit::text(std::int64_t time) const {
    const double value = number(time);
    const int digits = value < 10 ? 2 : value < 100 ? 1 : 0;
    return fmt::format("{:.{}f} {}", value, digits, name);
}

std::int64_t tick_distance(std::int64_t longest, std::size_t most) {
    std::int64_t step = 1;
    for (std::size_t i = 0; longest / step > static_cast<std::int64_t>(most); ++i)
        step = i % 3 == 1 ? step / 2 * 5 : step * 2;
    return step;
}

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

} // namespace detail

} // namespace ladder::timeline
