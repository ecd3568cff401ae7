#pragma once

#include "rungs.hpp"

#include <span>
#include <string>

namespace ladder::tour {

/// All figures of a tour and the machine that they are from, as JSON.
std::string json(const workload& work, std::span<const outcome> outcomes);

} // namespace ladder::tour
