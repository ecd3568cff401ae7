#include "marks.hpp"

#include <algorithm>
#include <regex>
#include <string_view>

namespace ladder::docs {

namespace {

/// Without each piece from `begin` to the next `end`.
std::string without(std::string text, std::string_view begin, std::string_view end) {
    for (auto at = text.find(begin); at != text.npos; at = text.find(begin, at))
        text.erase(at, std::min(text.find(end, at), text.size() - end.size()) - at +
                           end.size());
    return text;
}

} // namespace

std::vector<std::string> marks_left(const std::string& page) {
    static const std::regex mark{R"re(`|\*|\]\(|(–|&ndash;)[a-z]|&lt;/[a-z])re"};
    const auto begin = std::min(page.find("<main"), page.size());
    std::string text = page.substr(begin, page.find("</main>", begin) - begin);
    text = without(text, "<div class=\"fragment\"", "<!-- fragment -->");
    text = without(without(text, "<pre", "</pre"), "<code", "</code");
    text = without(text, "<!--", "-->");
    text = without(text, "<", ">");
    std::vector<std::string> left;
    for (std::sregex_iterator i{text.begin(), text.end(), mark}, end; i != end; ++i) {
        const auto at = static_cast<std::size_t>(i->position());
        left.push_back(text.substr(at - std::min<std::size_t>(at, 20), 50));
    }
    return left;
}

} // namespace ladder::docs
