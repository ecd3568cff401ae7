#pragma once

namespace ladder {

/// Say what it returns.
inline int answer() {
    return 42;
}

} // namespace ladder
