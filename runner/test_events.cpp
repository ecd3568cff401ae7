#include "test_events.hpp"

#include "course.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

namespace ladder::learn {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

/// Where the bracket at `open` is closed; npos: nowhere.
std::size_t closing(std::string_view text, std::size_t open) {
    int depth = 0;
    for (std::size_t at = open; at < text.size(); ++at) {
        if (text[at] == '{' || text[at] == '(') ++depth;
        if ((text[at] == '}' || text[at] == ')') && --depth == 0) return at;
    }
    return text.npos;
}

/// What a lambda does is for the test to know: `[&] { … }` is left of it.
std::string without_bodies(std::string_view code) {
    std::string result;
    while (!code.empty()) {
        const auto captures = code.find('[');
        const auto end = code.find(']', captures);
        const bool lambda =
            end != code.npos && (captures == 0 || std::string_view{" (,{"}.find(
                                                      code[captures - 1]) != code.npos);
        if (end == code.npos) break;
        result += code.substr(0, end + 1);
        code.remove_prefix(end + 1);
        const auto body = code.find_first_not_of(' ');
        if (!lambda || body == code.npos) continue;
        std::size_t open = body;
        if (code[body] == '(') { // its parameters
            const auto parameters = closing(code, body);
            if (parameters == code.npos) break;
            open = code.find('{', parameters);
        }
        const auto close =
            open == code.npos || code[open] != '{' ? code.npos : closing(code, open);
        if (close == code.npos) continue;
        result += code.substr(0, open);
        result += close > open + 1 ? "{ … }" : "{}";
        code.remove_prefix(close + 1);
    }
    return result + std::string{code};
}

/// `CHECK( x == 2 )`, as what was expected: "x == 2".
std::string expectation(std::string_view macro) {
    const auto open = macro.find('('), close = macro.rfind(')');
    if (open == macro.npos || close == macro.npos) return std::string{macro};
    std::string_view within = macro.substr(open + 1, close - open - 1);
    while (within.starts_with(' '))
        within.remove_prefix(1);
    while (within.ends_with(' '))
        within.remove_suffix(1);
    const std::string inner = without_bodies(within);
    const std::string_view name = macro.substr(0, open);
    if (name.ends_with("_NOTHROW")) return fmt::format("no exception from {}", inner);
    if (name.find("_THROWS") != name.npos) return fmt::format("an exception: {}", inner);
    if (name.ends_with("_FALSE")) return fmt::format("not {}", inner);
    return inner;
}

/// The lines of a test up to this one, which say what was done: for a check that found no
/// more than `false`.
void add_source(std::vector<std::string>& to, const fs::path& file, std::int64_t last) {
    constexpr std::int64_t shown_lines = 4;
    std::ifstream source{file};
    std::int64_t number = 0;
    std::vector<std::string> code;
    for (std::string line; number < last && std::getline(source, line);) {
        if (line.starts_with("TEST_CASE")) code.clear();
        if (++number > last - shown_lines && !line.empty())
            code.push_back(fmt::format("  {:>4} | {}", number, line));
    }
    to.insert(to.end(), code.begin(), code.end());
}

} // namespace

void add_lines(std::vector<std::string>& to, const std::string& text,
               const std::string& first, const std::string& others) {
    std::istringstream lines{text};
    const std::string* before = &first;
    for (std::string line; std::getline(lines, line); before = &others)
        to.push_back(*before + line);
}

reported read_events(const fs::path& file, const fs::path& root, verdict& v) {
    reported result;
    std::string &open = result.open, left;
    std::ifstream lines{file};
    for (std::string line; std::getline(lines, line);) {
        boost::system::error_code error;
        const json::value event = json::parse(line, error);
        if (error) break; // the last line, cut off when the test was killed
        const json::object& e = event.as_object();
        if (const auto* begun = e.if_contains("begin")) {
            open = begun->as_string();
        } else if (const auto* macro = e.if_contains("failed")) {
            if (!v.failed.empty()) continue; // the first one says enough
            v.failed = open;
            const std::string wanted = expectation(macro->as_string());
            if (!wanted.empty()) add_lines(v.details, wanted, "expected  ", "          ");
            if (const auto* found = e.if_contains("found"))
                if (const std::string text = without_bodies(found->as_string());
                    text != wanted)
                    add_lines(v.details, text, "found     ", "          ");
            std::string last = " ";
            for (const json::value& note : e.at("notes").as_array()) {
                const std::string text{note.as_string()};
                if (text.starts_with("why: "))
                    v.why.push_back(text.substr(5));
                else if (!std::exchange(last, text).starts_with(text))
                    add_lines(v.details, text, "", "");
            }
            v.details.push_back(fmt::format(
                "checked in {}:{}", shown(std::string{e.at("file").as_string()}, root),
                e.at("line").as_int64()));
            const auto* found = e.if_contains("found");
            const std::string_view told =
                found != nullptr ? std::string_view{found->as_string()} : "";
            if ((told == "false" || told == "true" || told == "!true") &&
                e.at("notes").as_array().empty())
                add_source(v.details, std::string{e.at("file").as_string()},
                           e.at("line").as_int64());
        } else if (e.contains("end")) {
            left = e.at("left").as_string();
            if (v.failed.empty() && !left.empty()) {
                v.failed = open;
                v.details.push_back("left behind: " + left);
                v.why.emplace_back("all that a check starts or opens must be gone when "
                                   "it ends");
            }
            if (v.failed.empty()) v.steps.push_back(open);
            open.clear();
        } else if (e.contains("ended")) {
            result.ended = true;
        }
    }
    v.is_step = !v.failed.empty();
    return result;
}

} // namespace ladder::learn
