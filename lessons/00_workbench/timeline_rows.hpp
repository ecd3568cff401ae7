#pragma once

// What the terminal, the SVG and the JSON of a timeline have in common. For these three
// only; everybody else includes timeline.hpp.

#include "timeline.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ladder::timeline::detail {

/// The characters of a text, each as UTF-8, fit for a terminal or a document: control
/// characters and broken encoding become '?', and what is not ASCII too if that is asked.
std::vector<std::string> characters(std::string_view text, bool ascii = false);
/// All of them.
std::string clean(std::string_view text, bool ascii = false);

/// What is drawn of a label: of a URL, the path tells pages apart.
std::string_view short_label(std::string_view label);

/// 0 when there is none.
std::int64_t first_begin(const std::vector<interval>& intervals);

/// How times are written: one unit for the whole drawing.
struct unit {
    std::int64_t nanoseconds;
    std::string_view name;

    static unit of(std::int64_t longest);

    double number(std::int64_t time) const {
        return static_cast<double>(time) / static_cast<double>(nanoseconds);
    }

    /// Three digits, e.g. "2.04 s".
    std::string text(std::int64_t time) const;
};

/// Distance between ticks: 1, 2 or 5 times a power of ten, so that at most `most` fit.
std::int64_t tick_distance(std::int64_t longest, std::size_t most);

/// One name a row: the process where it begins, the thread where a process has several.
std::vector<std::string> names_of(const std::vector<row>& all);

/// A panel, as its drawing needs it.
struct drawn_panel {
    std::string title;
    std::vector<row> shown;
    std::vector<std::string> names;
    std::size_t hidden = 0; ///< Rows beyond `max_rows`.
    std::int64_t begin = 0;
    std::int64_t duration = 0;
};

std::vector<drawn_panel> prepare(std::span<const panel> panels, std::size_t max_rows);
/// The duration of the longest; at least 1.
std::int64_t longest_of(const std::vector<drawn_panel>& panels);

} // namespace ladder::timeline::detail
