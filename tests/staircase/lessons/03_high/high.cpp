#include "low/low.hpp"

namespace ladder::high {
int height() {
    return low::height + 2;
}
} // namespace ladder::high
