#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

namespace ladder {

/// What became of one URL.
struct page {
    std::string url;         ///< As it was asked for.
    int status = 0;          ///< HTTP status code; 0 when no answer came.
    std::string body{};      ///< Empty when `error` is set.
    std::error_code error{}; ///< What the network or the other side did wrong.
    std::chrono::microseconds elapsed{}; ///< From the first try to the last byte.
};

/// How a rung's `fetch_all` goes about its work.
struct fetch_options {
    /// How many pages to ask for at the same time; a rung that cannot, asks for fewer.
    std::size_t in_flight = 64;
    /// For one page, from connecting to the last byte.
    std::chrono::milliseconds timeout = std::chrono::seconds{10};
    /// Largest body to accept, in bytes.
    std::uint64_t max_body = 64'000'000;
};

} // namespace ladder
