#include "list_entry.hpp"

#include "list_lines.hpp"
#include "request_lines.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace ladder::fetcher {

namespace json = boost::json;

namespace {

std::string problem_of_header(task& t, std::string_view name, const json::value& value) {
    if (name.find(':') != name.npos) // it may be a whole line, which is not shown
        return complaint_about_header("");
    if (!value.is_string()) return fmt::format("the header {} is no text", name);
    const std::string line = fmt::format("{}: {}", name, std::string{value.get_string()});
    if (const std::string wrong = complaint_about_header(line); !wrong.empty())
        return wrong;
    t.headers += line + "\r\n";
    return {};
}

std::string problem_of_headers(task& t, const json::value& headers) {
    if (!headers.is_object()) return "headers are like {\"Name\": \"value\"}";
    for (const auto& [name, value] : headers.get_object())
        if (auto wrong = problem_of_header(t, name, value); !wrong.empty()) return wrong;
    return {};
}

/// Returns what is wrong.
std::string read(task& t, std::string_view name, const json::value& value) {
    if (name == "headers") return problem_of_headers(t, value);
    if (name != "url" && name != "method" && name != "data")
        return fmt::format("\"{}\" is not known; a line has url, method, headers, data",
                           name);
    if (!value.is_string()) return fmt::format("\"{}\" is no text", name);
    const std::string text{value.get_string()};
    if (name == "url") t.url = without_blanks(text);
    if (name == "data") t.data = text;
    // No data and empty data look alike in a task; with this it has the second.
    if (name == "data" && text.empty() && t.method.empty()) t.method = "POST";
    if (name != "method") return {};
    t.method = text;
    return complaint_about_method(text);
}

task read_object(std::uint64_t id, std::string_view line) {
    task t{.id = id, .url = {}};
    boost::system::error_code error;
    const json::value v = json::parse(line, error);
    if (error) t.problem = "no valid JSON: " + error.message();
    if (!error)
        for (const auto& [name, value] : v.as_object())
            if (t.problem.empty()) t.problem = read(t, name, value);
    if (t.problem.empty() && t.url.empty()) t.problem = "the line has no \"url\"";
    if (t.url.empty()) t.url = "{}"; // it is shown, and what else is there may be secret
    return t;
}

} // namespace

task read_entry(std::uint64_t id, std::string_view line, list_format format) {
    if (format == list_format::url_words) {
        const auto url = line.substr(0, line.find('\t'));
        const auto words = line.substr(std::min(url.size() + 1, line.size()));
        return {.id = id, .url = std::string{url}, .words = std::string{words}};
    }
    if (line.starts_with('{')) return read_object(id, line);
    return {.id = id, .url = std::string{without_comment(line)}};
}

} // namespace ladder::fetcher
