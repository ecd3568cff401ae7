#pragma once

#include "workbench/page.hpp"

#include <span>
#include <string>
#include <vector>

/// Rung 01: one page after the other.
namespace ladder::serial {

/// Fetches one page with blocking calls and returns when it is there or has failed.
///
/// Network errors are in `page::error`; exceptions are for running out of
/// memory or descriptors. Any thread or process may call it; it keeps no state. Only a
/// name that must be looked up can take longer than `options.timeout`: getaddrinfo(3)
/// has no limit of its own.
page fetch(const std::string& url, const fetch_options& options);

/// Fetches all pages, in order, each after the one before; `options.in_flight` does not
/// matter here. The result has one page per URL, in the same order.
std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options);

} // namespace ladder::serial
