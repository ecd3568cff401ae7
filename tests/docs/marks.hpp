#pragma once

#include <string>
#include <vector>

namespace ladder::docs {

/// The marks of Markdown that a reader of an HTML page sees, because Doxygen has not
/// understood them: stars, backticks, tags, a dash that was two hyphens. Each with some
/// of the text around it; code is left out.
std::vector<std::string> marks_left(const std::string& page);

} // namespace ladder::docs
