#pragma once

#include <span>
#include <string>

namespace ladder::thread_pool {

/// The same pages and the same errors with asio::thread_pool.
int show_asio();

/// What threads cost that do nothing but wait.
int show_memory();

} // namespace ladder::thread_pool
