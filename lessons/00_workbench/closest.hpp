#pragma once

#include <span>
#include <string_view>

namespace ladder {

/// Of `words`, the one that is most like `word` (Levenshtein), or none if all are far.
std::string_view closest(std::string_view word, std::span<const std::string_view> words);

} // namespace ladder
