#pragma once

namespace ladder {

/// Say what it returns.
inline int answer() {
    // TODO: the answer.
    return 0;
}

} // namespace ladder
