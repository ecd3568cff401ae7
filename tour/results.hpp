#pragma once

#include "race.hpp"

#include <span>
#include <string>
#include <vector>

namespace ladder::tour {

/// What to remember: three sentences, computed from the run. None when the first rung
/// failed, or all the others did.
std::vector<std::string> conclusions(std::span<const outcome> outcomes);

/// All figures of a tour and the machine that they are from, as JSON.
std::string json(const workload& work, std::span<const outcome> outcomes);

} // namespace ladder::tour
