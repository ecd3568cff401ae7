#include "text.hpp"

#include <boost/nowide/utf/utf.hpp> // of headers only

namespace ladder {

namespace utf = boost::nowide::utf;

std::size_t utf8_size(std::string_view text) noexcept {
    const char* end = text.data();
    const auto point = utf::utf_traits<char>::decode(end, text.data() + text.size());
    if (!utf::is_valid_codepoint(point)) return 0;
    return static_cast<std::size_t>(end - text.data());
}

std::string escape_xml(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '&')
            result += "&amp;";
        else if (c == '<')
            result += "&lt;";
        else if (c == '>')
            result += "&gt;";
        else if (c == '"')
            result += "&quot;";
        else
            result += c;
    }
    return result;
}

} // namespace ladder
