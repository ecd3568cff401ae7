#pragma once

namespace ladder::process_pool::demos {

/// Compresses the pictures of some folders with one worker and with two, and prints what
/// each took.
int pictures();

} // namespace ladder::process_pool::demos
