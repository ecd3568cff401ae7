#pragma once

#include "match_settings.hpp"

#include <cstddef>
#include <string>

namespace ladder {
class option_parser;
}

namespace ladder::fetcher {

/// The options of the command line that make URLs of words, and say which pages are
/// looked for.
void add_match_options(option_parser& options, match_settings& to);

/// What is wrong with these together; empty: nothing. `lists` is how many there are.
std::string complaint_about(const match_settings& m, std::size_t lists, bool has_urls);

} // namespace ladder::fetcher
