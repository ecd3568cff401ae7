#pragma once

#include "workbench/page.hpp"

#include <span>
#include <string>
#include <vector>

/// Rung 10, the other half: the same loop, and callbacks on it.
namespace ladder::asio_callbacks {

/// What `ladder::asio::fetch_all` does, to the letter; without coroutines.
std::vector<page> fetch_all(std::span<const std::string> urls,
                            const fetch_options& options);

} // namespace ladder::asio_callbacks
