#pragma once

#include "help.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ladder::fetcher {

/// The manual page (`man`), or what completes the command line in a shell: `bash`, `zsh`
/// or `fish`. Nothing for any other word.
std::optional<std::string> manual(const option_list& options, std::string_view word);

} // namespace ladder::fetcher
