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
    std::vector<std::string> steps;    ///< Checks that passed, in the order of the test.
    std::string failed;                ///< The check that did not, or what else is wrong.
    bool is_step = false;              ///< `failed` is one of the test's checks.
    std::vector<std::string> details;  ///< Expected, found, who ran when.
    std::vector<std::string> why;      ///< In words.
    std::string next;                  ///< What to type, where it is no edit.
    std::string under;                 ///< The sanitizer it failed under, or none.
    std::vector<std::string> also;     ///< E.g. "clean under ThreadSanitizer".
    std::vector<std::string> warnings; ///< The compiler's, about the learner's files.
    std::vector<std::string> printed;  ///< The last lines that the answer wrote.
    std::string raw;                   ///< What the tools said, all of it.
};

/// What the learner does next: types a command, or presses a key of the watch.
enum class answered_by { commands, keys };

/// In the form that every verdict has; ends with a line that says what to do next.
std::string draw(const verdict& v, const exercise& e, const course& c, const look& l,
                 answered_by how = answered_by::commands);

} // namespace ladder::learn
