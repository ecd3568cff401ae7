#pragma once

#include "course.hpp"
#include "program.hpp"
#include "reports.hpp"
#include "terminal.hpp"

#include <functional>
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

/// Builds one exercise and runs its test, in a process of its own. Call in a fiber.
class checker {
public:
    checker(const course& course, program_runner& runner)
        : course_(course),
          runner_(runner) {}

    /// Called when something begins that takes a while.
    std::function<void(const std::string& what)> on_phase = [](const std::string&) {};

    /// The answer of the learner, plain and then under the sanitizers that the exercise
    /// names. Throws `std::system_error` when a tool cannot be started.
    verdict check(const exercise& e, bool sanitized = true);

private:
    struct tree { // a build of the project
        std::string preset;
        std::filesystem::path folder;
    };

    bool build(const exercise& e, const tree& in, const std::string& target, verdict& v);
    bool find_forbidden(const exercise& e, verdict& v);
    bool run(const exercise& e, const tree& in, const std::string& target, verdict& v);
    bool in_every_order(const exercise& e, const tree& in, verdict& v);
    places places_of(const exercise& e) const;

    const course& course_;
    program_runner& runner_;
};

} // namespace ladder::learn
