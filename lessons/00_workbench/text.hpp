#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ladder {

/// How many bytes the UTF-8 character at the start of `text` has; 0 when there is none
/// (RFC 3629: not cut off, not overlong, no surrogate, nothing beyond U+10FFFF).
std::size_t utf8_size(std::string_view text) noexcept;

/// What stands at the beginning of some files that are UTF-8.
inline constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// With the letters of ASCII small.
std::string lower_case(std::string_view text);
/// But for the case of the letters of ASCII.
bool same_text(std::string_view a, std::string_view b) noexcept;

/// Takes the next line off the front, with its end if it has one.
std::string_view next_line(std::string_view& lines) noexcept;

/// The text as XML and HTML quote it, also in attributes: with `&amp;` for `&`, &c.
std::string escape_xml(std::string_view text);

/// The text as a JSON string, with its quotes (RFC 8259). What is not UTF-8 stays so.
std::string json_string(std::string_view text);

/// The bytes as letters, digits, `+` and `/` (RFC 4648 §4).
std::string base64(std::string_view bytes);

} // namespace ladder
