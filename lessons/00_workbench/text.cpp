#include "text.hpp"

#include <boost/nowide/utf/utf.hpp> // of headers only

#include <algorithm>

namespace ladder {

namespace utf = boost::nowide::utf;

namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

std::size_t utf8_size(std::string_view text) noexcept {
    const char* end = text.data();
    const auto point = utf::utf_traits<char>::decode(end, text.data() + text.size());
    if (!utf::is_valid_codepoint(point)) return 0;
    return static_cast<std::size_t>(end - text.data());
}

std::string lower_case(std::string_view text) {
    std::string small{text};
    std::ranges::transform(small, small.begin(), lower);
    return small;
}

bool same_text(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(
        a, b, [](char x, char y) { return x == y || lower(x) == lower(y); });
}

std::string_view next_line(std::string_view& lines) noexcept {
    const auto end = std::min(lines.find('\n'), lines.size());
    const auto line = lines.substr(0, std::min(end + 1, lines.size()));
    lines.remove_prefix(line.size());
    return line;
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

std::string json_string(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result{'"'};
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') result += '\\';
        if (code < ' ')
            (result += code < 16 ? "\\u000" : "\\u001") += digits[code % 16];
        else
            result += c;
    }
    return result + '"';
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(3, bytes.size()))) {
        std::uint32_t three = 0;
        for (std::size_t i = 0; i < 3; ++i)
            three = three << 8 | (i < bytes.size() ? std::uint8_t(bytes[i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i)
            text += i <= bytes.size() ? letters[three >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}

} // namespace ladder
