#pragma once

namespace ladder::LESSON {

/// Say what it does, units, ownership, who may call it, errors, and the source.
int answer();

} // namespace ladder::LESSON
