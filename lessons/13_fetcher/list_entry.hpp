#pragma once

#include "task.hpp"

#include <cstdint>
#include <string_view>

namespace ladder::fetcher {

/// How the lines of a list are written.
enum class list_format : char {
    urls,      ///< A URL, or an object of JSON that says more about one request.
    url_words, ///< A URL and, each after a tab, the words that stand in it.
};

/// What a line asks for:
///
///     http://example.com/
///     {"url": "http://example.com/", "method": "PUT", "headers": {"A": "b"}, "data":
///     "c"}
///
/// All but the URL may be missing, and then is what the command line says. A line that is
/// no such thing is a task with a `problem`.
task read_entry(std::uint64_t id, std::string_view line, list_format format);

} // namespace ladder::fetcher
