#pragma once

#include "client.hpp"

#include <string>

namespace ladder::server {

/// Finds the target and starts its answer.
void answer(client& c, request& r);

/// The list of what can be asked for.
std::string help_text();

} // namespace ladder::server
