#include "help.hpp"

#include "about.hpp"
#include "manual.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace ladder::fetcher {

namespace {

constexpr std::size_t columns = 80;
constexpr std::size_t text_at = 26; // where what is said about an option begins

std::string line_of(const option_parser::description& o) {
    std::string left = fmt::format("  {} {}", o.names, o.value);
    left.resize(std::max(left.find_last_not_of(' ') + 1, std::size_t{1}));
    std::string what = o.what;
    if (!o.standing.empty() && o.standing.size() < 16)
        what += fmt::format(" [{}]", o.standing);
    if (left.size() + 2 > text_at)
        left += '\n' + std::string(text_at, ' ');
    else
        left.resize(text_at, ' ');
    return left + wrapped(what, text_at, text_at) + '\n';
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return std::tolower(c); });
    return text;
}

std::vector<std::string> groups_of(const option_list& options) {
    std::vector<std::string> groups;
    for (const auto& o : options)
        if (std::ranges::find(groups, o.group) == groups.end()) groups.push_back(o.group);
    return groups;
}

std::string usage() {
    std::string text = fmt::format("fetcher {}.\n\n", purpose);
    text +=
        "  fetcher URL...                one line of JSON for each URL\n"
        "  fetcher -i FILE -o DIR        pages and lines in a folder, which is a job\n";
    for (const auto& [name, what] : commands)
        text += fmt::format("  fetcher {:<22}{}\n", fmt::format("{} DIR", name), what);
    return text + '\n';
}

std::string one_screen(const option_list& options) {
    std::string text = usage();
    for (const auto& o : options)
        if (o.common) text += line_of(o);
    std::string groups;
    for (const std::string& group : groups_of(options))
        if (!group.empty()) groups += (groups.empty() ? "" : " · ") + lower(group);
    text += '\n' + wrapped("More: --help all, or --help and a word of: " + groups, 0, 2);
    return text + '\n' + wrapped(not_here, 0, 2) + '\n';
}

std::string in_groups(const option_list& options, std::string_view word) {
    std::string text;
    for (const std::string& group : groups_of(options)) {
        const bool wanted =
            word.empty() || (!group.empty() && lower(group).find(word) != group.npos);
        if (!wanted) continue;
        text += (text.empty() ? "" : "\n") + (group.empty() ? "Always" : group) + ":\n";
        for (const auto& o : options)
            if (o.group == group) text += line_of(o);
    }
    return text;
}

/// Somebody else has the list, and wants to know what came of it: that is no failure.
std::string status_of(const option_list& options) {
    std::string text{exit_status};
    if (std::ranges::any_of(options, [](const auto& o) { return o.names == "--queue"; }))
        text += " With --queue, 0 is the end of the list, whatever the answers were.";
    return text;
}

} // namespace

std::string wrapped(std::string_view text, std::size_t begin, std::size_t indent) {
    std::string result;
    std::size_t column = begin;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        // A letter is one column, whatever it has in bytes.
        const auto size = static_cast<std::size_t>(std::ranges::count_if(
            word, [](unsigned char c) { return (c & 0xc0) != 0x80; }));
        const bool first = result.empty();
        if (!first && column + 1 + size > columns) {
            result += '\n' + std::string(indent, ' ');
            column = indent;
        } else if (!first) {
            result += ' ';
            ++column;
        }
        result += word;
        column += size;
    }
    return result;
}

std::optional<std::string> help_text(const option_list& options,
                                     const std::string& word) {
    if (word.empty()) return one_screen(options);
    if (word == "all")
        return usage() + in_groups(options, "") + '\n' +
               wrapped(status_of(options), 0, 2) + '\n' + wrapped(not_here, 0, 2) + '\n';
    if (auto made = manual(options, word)) return made;
    const std::string found = in_groups(options, lower(word));
    if (found.empty()) return {};
    return found;
}

} // namespace ladder::fetcher
