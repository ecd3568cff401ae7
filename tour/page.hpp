#pragma once

#include "race.hpp"

#include <span>
#include <string>
#include <vector>

namespace ladder::tour {

/// A tour as one HTML page that needs no other file: the table with bars, the timelines,
/// what follows from them, and the machine. `comparison` is a picture of two rungs, or
/// empty.
std::string html(const workload& work, std::span<const outcome> outcomes,
                 const std::vector<std::string>& conclusions,
                 const std::string& comparison);

} // namespace ladder::tour
