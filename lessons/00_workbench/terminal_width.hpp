#pragma once

#include <cstddef>

namespace ladder {

/// How many columns the terminal at this descriptor has now; 80 when it does not say, or
/// is no terminal. Ask again after it was resized (SIGWINCH).
std::size_t terminal_width(int descriptor) noexcept;

} // namespace ladder
