#pragma once

#include <cstdlib>
#include <map>
#include <span>
#include <stdexcept>
#include <string>

namespace ladder::fibers {

/// `--name NUMBER` for each of the names that have a default here. Throws
/// `std::invalid_argument` for any other argument.
inline std::map<std::string, double> numbers(std::span<const std::string> given,
                                             std::map<std::string, double> defaults) {
    for (std::size_t i = 0; i < given.size(); i += 2) {
        const auto found = defaults.find(given[i]);
        if (found == defaults.end() || i + 1 == given.size())
            throw std::invalid_argument{"what is '" + given[i] + "'?"};
        char* end = nullptr;
        found->second = std::strtod(given[i + 1].c_str(), &end);
        if (*end != '\0' || !(found->second > 0))
            throw std::invalid_argument{given[i] + " needs a number above 0"};
    }
    return defaults;
}

} // namespace ladder::fibers
