#pragma once

#include "command_line.hpp"
#include "list_entry.hpp"

#include <functional>
#include <string_view>

namespace ladder::fetcher {

/// The list as a job keeps it, block by block: the URLs of the command line, and, when
/// `with_input`, what is in the file, or all that is made of the words in it (see
/// `list_format`). Throws std::system_error.
void for_each_block_of_list(const command_line& options, bool with_input,
                            const std::function<void(std::string_view)>& take);

/// How its lines are written.
inline list_format format_of_list(const command_line& options) {
    return options.match.url_template.empty() ? list_format::urls
                                              : list_format::url_words;
}

} // namespace ladder::fetcher
