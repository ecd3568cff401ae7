#pragma once

#include <cstddef>

namespace ladder {

/// How often this test program has called `operator new` so far.
std::size_t allocations();

} // namespace ladder
