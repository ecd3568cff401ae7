#include "LESSON.hpp"

namespace ladder::LESSON {

// [answer]
int answer() {
    return 42;
}

// [/answer]

} // namespace ladder::LESSON
