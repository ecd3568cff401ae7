#pragma once

#include <algorithm>
#include <array>

namespace ladder::fetcher {

/// The server says that it cannot answer for now, and so the same request may work later
/// (RFC 9110 §15).
constexpr bool answered_for_now(int status) {
    constexpr std::array for_now{408, 429, 500, 502, 503, 504};
    return std::ranges::find(for_now, status) != for_now.end();
}

} // namespace ladder::fetcher
