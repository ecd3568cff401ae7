#pragma once

#include "protocol.hpp"
#include "redirect.hpp"
#include "task.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace ladder::fetcher {

/// After a request has this outcome, with this Location (empty when it is not to be
/// followed): is there another one to make for the URL, the same again or where it is
/// redirected? Nothing: that is the end, and when there are too many redirects, the
/// outcome says so. When it is made is for the supervisor to say, which knows what the
/// host may be asked.
std::optional<next_request> next_after(const hop& asked, const journey& far, outcome& o,
                                       std::string_view location,
                                       std::uint64_t most_redirects,
                                       const worker_settings& settings);

} // namespace ladder::fetcher
