#pragma once

#include "cluster.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdio>
#include <string>

namespace ladder::beyond_one_machine {

/// The status with which a program says that this machine lacks what it needs: not wrong,
/// left out. What looks at tests and pages knows it.
inline constexpr int no_database = 77;

/// Says on stderr what is missing.
inline bool there_is_no_database(std::size_t nodes = 1) {
    const std::string why = cluster::why_not(nodes);
    if (!why.empty()) fmt::print(stderr, "{}\n", why);
    return !why.empty();
}

} // namespace ladder::beyond_one_machine
