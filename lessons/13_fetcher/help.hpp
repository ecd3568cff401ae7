#pragma once

#include "workbench/option_parser.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ladder::fetcher {

using option_list = std::vector<option_parser::description>;

/// The text, broken at blanks into lines that end before column 80. It begins at column
/// `begin`, and each line after that with `indent` blanks.
std::string wrapped(std::string_view text, std::size_t begin, std::size_t indent);

/// What `--help WORD` prints: without a word one screen, `all` for all options, a word
/// for the groups that have it in their headline; `man`, `bash`, `zsh` and `fish` for
/// the manual page and the completions. Nothing: no group is called so.
std::optional<std::string> help_text(const option_list& options, const std::string& word);

} // namespace ladder::fetcher
