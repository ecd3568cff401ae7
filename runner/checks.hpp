#pragma once

#include "checker.hpp"
#include "course.hpp"
#include "progress.hpp"

#include <span>

/// What `check`, `verify` and `watch` do with a checker. Call in a fiber.
namespace ladder::learn {

/// Checks, and remembers that it was begun, and a pass.
verdict check_and_remember(const exercise& e, progress& p, checker& with);

/// Checks once, and prints the verdict. `raw` also prints what the tools said. Returns
/// the exit status: 0 when it passed.
int check_one(const exercise& e, const course& c, progress& p, checker& with, bool raw);

/// Checks several, a line for each; those in which nobody has changed anything yet are
/// open, and cost nothing. Returns the exit status: 0 when all pass.
int check_several(std::span<const exercise* const> which, const course& c, progress& p,
                  checker& with);

} // namespace ladder::learn
