#pragma once

#include "workbench/page.hpp"

#include <span>
#include <string>
#include <vector>

/// Rung 10: an event loop that others have written, and coroutines on it.
namespace ladder::asio {

/// Fetches all pages in the calling thread, `options.in_flight` of them at the same time,
/// or fewer when there are not so many descriptors, each in a C++20 coroutine; the result
/// has one page per URL, in the same order. A connection is used again when the next page
/// comes from the same host; if it turns out to be stale before anything of the answer
/// was seen, the page is asked for again, once, on a new one.
///
/// Network errors are in `page::error`, and so is `too_many_files_open`
/// when somebody else takes the descriptors meanwhile. A
/// page whose host is being looked up times out like any other; but the lookup itself
/// (getaddrinfo(3), in a thread of Asio's) cannot be cancelled, and the end of the last
/// one is waited for. Throws `std::system_error` when the loop cannot be made. Any thread
/// may call it; it keeps no state.
std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options);

} // namespace ladder::asio
