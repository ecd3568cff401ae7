#pragma once

#include "course.hpp"
#include "program.hpp"
#include "progress.hpp"
#include "terminal.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ladder::learn {

/// One of the answers to a lesson's question.
struct choice {
    std::string text;
    double from = 0, to = 0; ///< Right when the run's number is in [from, to).
    std::string is;          ///< Or, when not empty: when the run's word is this one.
};

/// The question of a lesson's *Predict*, and the run that answers it.
struct prediction {
    std::string program;          ///< In build/bin; the rung's own one if not said.
    std::vector<std::string> run; ///< Its arguments.
    std::string find;             ///< A regular expression with one group.
    std::vector<choice> choices;
    std::string question; ///< From the page, as is the explanation.
    std::string explanation;

    /// What the group caught in the program's output; empty: nothing.
    std::string measured(const std::string& output) const;
    /// The line of the output that says so, to show what was measured.
    std::string line_of(const std::string& output) const;
    /// The index of the only choice that fits; nothing when none or several do.
    std::optional<std::size_t> right(const std::string& measured) const;
};

/// Nothing when the lesson has no predict.json. Throws `std::runtime_error` when it has
/// one that is not as it should be.
std::optional<prediction> read_prediction(const rung& r, const course& c);

/// Asks, runs the rung's program, and compares. Call in a fiber. Returns the exit status.
int predict(const rung& r, const course& c, progress& p, program_runner& runner);

} // namespace ladder::learn
