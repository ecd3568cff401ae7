#pragma once

#include "workbench/page.hpp"

#include <span>
#include <string>
#include <vector>

namespace ladder::fetcher {

/// Fetches all pages with worker processes of many fibers each, `options.in_flight` pages
/// at a time over all of them. The result has one page per URL, in the order of the URLs.
///
/// The bodies travel by way of a temporary folder, so only pages with a 2xx status have
/// one. The calling thread must have no fibers and no event loop meanwhile. Throws
/// std::system_error when the workers cannot be started.
std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options);

} // namespace ladder::fetcher
