#pragma once

namespace ladder::thread_pool {

/// Compresses the pictures of some folders with one thread and with two, and prints what
/// each took.
int show_pictures();

} // namespace ladder::thread_pool
