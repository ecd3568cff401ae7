#pragma once

#include "race.hpp"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace ladder::tour {

/// Where the lesson of a rung can be read, as a link in the page; empty if nowhere.
using lesson_link = std::function<std::string(const std::string& rung)>;

/// A tour as one HTML page that needs no other file, but has links to the
/// lessons: the table with bars, the timelines,
/// what follows from them, and the machine. `comparison` is a picture of two rungs, or
/// empty.
std::string html(const workload& work, std::span<const outcome> outcomes,
                 const std::vector<std::string>& conclusions,
                 const std::string& comparison, const lesson_link&);

} // namespace ladder::tour
