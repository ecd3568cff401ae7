#pragma once

#include "workbench/page.hpp"

#include <span>
#include <string>
#include <vector>

namespace ladder::fibers_on_asio {

class event_loop;

/// Fetches one page. Reads like the serial rung's `fetch`, but only the calling fiber
/// waits. Network errors are in `page::error`. Call it in a fiber of the
/// thread that owns `loop`.
page fetch(event_loop& loop, const std::string& url, const fetch_options& options);

/// Fetches all pages in the calling thread with `options.in_flight` fibers, or fewer
/// when there are not so many descriptors, each of which fetches one after the other and
/// keeps its connection for the next page from the same host. The result has one page per
/// URL, in the order of the URLs.
///
/// Throws `std::logic_error` when the calling thread has an `event_loop` of its own; use
/// `fetch` there. Running out of memory within a fiber ends the program.
std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options);

} // namespace ladder::fibers_on_asio
