#pragma once

#include "race.hpp"
#include "terminal.hpp"

namespace ladder::tour {

/// A table that is printed while its rows come about.
class table {
public:
    explicit table(look how) : how_(how) {}

    void print_head() const;
    /// The name of what runs now; the row that follows completes the line.
    void print_name(const entry& which) const;
    /// The rest of the line. Times are compared with those of `slowest`, if it ran.
    void print_figures(const outcome& one, const outcome& slowest) const;

private:
    look how_;
};

/// How many times `a` is as fast as `b`; 0 when one of them failed.
double times_faster(const outcome& a, const outcome& b);

} // namespace ladder::tour
