// A rule of a robots.txt matches as the RFC says, told in the plainest way.

#include "fetcher/robots.hpp"

#include "targets.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace ladder::fuzz {

namespace {

using namespace fetcher;

/// `reached[i]`: the pattern so far matches the first i bytes of the path.
bool matches_plainly(std::string_view pattern, std::string_view path) {
    const bool to_the_end = pattern.ends_with('$');
    if (to_the_end) pattern.remove_suffix(1);
    std::vector<char> reached(path.size() + 1);
    reached[0] = 1;
    for (const char c : pattern) {
        std::vector<char> next(path.size() + 1);
        for (std::size_t i = 0; i <= path.size(); ++i) {
            if (reached[i] == 0) continue;
            if (c == '*')
                std::fill(next.begin() + static_cast<std::ptrdiff_t>(i), next.end(), 1);
            else if (i < path.size() && path[i] == c)
                next[i + 1] = 1;
        }
        reached = next;
    }
    return to_the_end ? reached.back() != 0
                      : std::ranges::find(reached, 1) != reached.end();
}

/// Written in one way only: nothing to normalise.
bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) {
        return c > ' ' && c < 0x7f && c != '%' && c != '#';
    });
}

} // namespace

/// The first line is a path, the others are a robots.txt.
void robots(std::string_view input) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view path = input.substr(0, end);
    const std::string_view text = input.substr(std::min(end + 1, input.size()));

    const robots_rules rules{text, "ladder"};
    require(rules.allows("/robots.txt"), "a robots.txt may always be asked for");
    const bool allowed = rules.allows(path);
    require(robots_rules{std::string{text} + "\n# more", "ladder"}.allows(path) ==
                allowed,
            "a comment changes nothing");
    require(rules.bytes() < 200 * (text.size() + 1),
            "rules take not much more than text");

    const std::string_view rule = text.substr(0, text.find_first_of("\r\n"));
    if (rule.empty() || rule.size() > robots_rules::longest_rule || !is_plain(rule) ||
        !is_plain(path) || path == "/robots.txt" ||
        path.find("/.") != path.npos) // which may lead elsewhere
        return;
    const robots_rules one{"User-agent: *\nDisallow: " + std::string{rule}, "ladder"};
    require(one.allows(path) != matches_plainly(rule, path),
            "a rule matches as it should");
}

} // namespace ladder::fuzz
