#pragma once

#include "course.hpp"
#include "terminal.hpp"

#include <string>
#include <vector>

namespace ladder::learn {

/// What became of an answer.
struct verdict {
    enum class outcome { passed, failed, cancelled };
    outcome result = outcome::failed;
    std::vector<std::string> steps;   ///< Checks that passed, in the order of the test.
    std::string failed;               ///< The check that did not, or what else is wrong.
    bool is_step = false;             ///< `failed` is one of the test's checks.
    std::vector<std::string> details; ///< Expected, found, who ran when.
    std::vector<std::string> why;     ///< In words.
    std::string under;                ///< The sanitizer it failed under, or none.
    std::vector<std::string> also;    ///< E.g. "clean under ThreadSanitizer".
    std::string raw;                  ///< What the tools said, all of it.
};

/// In the form that every verdict has; ends with a line that says what to type next.
std::string draw(const verdict& v, const exercise& e, const course& c, const look& l);

} // namespace ladder::learn
