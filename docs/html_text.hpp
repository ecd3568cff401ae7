#pragma once

#include <string>
#include <string_view>

namespace ladder::docs {

/// What a reader sees of a piece of HTML: without tags, entities as characters, each run
/// of blanks as one.
std::string text_of(std::string_view html);

/// As text or an attribute in HTML.
std::string escaped(std::string_view text);

} // namespace ladder::docs
