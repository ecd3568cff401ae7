#pragma once

#include "course.hpp"
#include "program.hpp"
#include "reports.hpp"
#include "verdict.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ladder::learn {

/// Builds one exercise and runs its test, in a process of its own. Call in a fiber.
class checker {
public:
    checker(const course& course, program_runner& runner)
        : course_(course),
          runner_(runner) {}

    /// Called when something begins that takes a while.
    std::function<void(const std::string& what)> on_phase = [](const std::string&) {};

    /// Called as a build goes on: how far it is, e.g. "12 of 40 built, about 20 s left".
    std::function<void(const std::string& how_far)> on_progress = [](const std::string&) {
    };

    /// The answer of the learner, plain and then under the sanitizers that the exercise
    /// names. Throws `std::system_error` when a tool cannot be started.
    verdict check(const exercise& e, bool sanitized = true);

private:
    struct tree { // a build of the project
        std::string preset;
        std::filesystem::path folder;
    };

    bool build(const exercise& e, const tree& in, const std::string& target, verdict& v);
    /// Says how long a build will take that is made for the first time.
    void announce(std::vector<std::string> ninja);
    void remember_warnings(const exercise& e, const tree& in, const std::string& target,
                           const std::string& output, verdict& v) const;
    bool find_forbidden(const exercise& e, verdict& v);
    bool run(const exercise& e, const tree& in, const std::string& target, verdict& v);
    bool in_every_order(const exercise& e, const tree& in, verdict& v);
    places places_of(const exercise& e) const;

    const course& course_;
    program_runner& runner_;
};

} // namespace ladder::learn
