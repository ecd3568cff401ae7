#include "html_text.hpp"

#include <array>
#include <utility>

namespace ladder::docs {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> entities{{
    {"&amp;", "&"},
    {"&lt;", "<"},
    {"&gt;", ">"},
    {"&quot;", "\""},
    {"&#39;", "'"},
    {"&nbsp;", " "},
    {"&#160;", " "},
    {"&#124;", "|"},
    {"&ndash;", "–"},
    {"&mdash;", "—"},
    {"&times;", "×"},
    {"&hellip;", "…"},
}};

} // namespace

std::string text_of(std::string_view html) {
    std::string text;
    const auto add = [&](std::string_view piece) {
        const bool is_blank = piece.find_first_not_of(" \t\r\n") == piece.npos;
        if (!is_blank)
            text += piece;
        else if (!text.empty() && text.back() != ' ')
            text += ' ';
    };
    while (!html.empty()) {
        std::size_t size = 1;
        if (html[0] == '<') {
            const auto end = html.find('>');
            const auto tag = html.substr(1, 4);
            size = end == html.npos ? html.size() : end + 1;
            // A word may go on behind <b>, but not behind what stands by itself.
            if (tag.starts_with("p") || tag.starts_with("/p") || tag.starts_with("div") ||
                tag.starts_with("/div") || tag.starts_with("li") ||
                tag.starts_with("td") || tag.starts_with("th") || tag.starts_with("br"))
                add(" ");
        } else {
            std::string_view piece = html.substr(0, 1);
            if (html[0] == '&')
                for (const auto& [entity, character] : entities)
                    if (html.starts_with(entity)) {
                        piece = character;
                        size = entity.size();
                    }
            add(piece);
        }
        html.remove_prefix(size);
    }
    while (text.ends_with(' '))
        text.pop_back();
    return text;
}

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text)
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
    return result;
}

} // namespace ladder::docs
