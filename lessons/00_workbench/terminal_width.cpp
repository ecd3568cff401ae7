#include "terminal_width.hpp"

#include <sys/ioctl.h>

namespace ladder {

std::size_t terminal_width(int descriptor) noexcept {
    winsize size{};
    const bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : 80;
}

} // namespace ladder
