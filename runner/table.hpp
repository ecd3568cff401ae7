#pragma once

#include "rungs.hpp"

#include <cstddef>
#include <string>

namespace ladder::tour {

/// How to print.
struct style {
    std::size_t width = 80; ///< Columns of the terminal.
    bool color = false;     ///< ANSI escape sequences.
};

/// A table that is printed while its rows come about.
class table {
public:
    explicit table(style how) : how_(how) {}

    void print_head() const;
    /// The name of what runs now; the row that follows completes the line.
    void print_name(const rung& which) const;
    /// The rest of the line. Times are compared with those of `slowest`, if it ran.
    void print_figures(const outcome& one, const outcome& slowest) const;

private:
    style how_;
};

/// How many times `a` is as fast as `b`; 0 when one of them failed.
double times_faster(const outcome& a, const outcome& b);

} // namespace ladder::tour
