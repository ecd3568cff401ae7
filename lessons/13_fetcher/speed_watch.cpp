#include "speed_watch.hpp"

#include "workbench/quantity.hpp"

namespace ladder::fetcher {

std::optional<minimum_speed> parse_speed(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto bytes = parse_size(text.substr(0, slash));
    if (!bytes) return {};
    if (slash == std::string_view::npos || text.substr(slash + 1) == "s")
        return minimum_speed{.bytes = *bytes};
    const auto window = parse_duration(text.substr(slash + 1), "");
    if (!window) return {};
    return minimum_speed{.bytes = *bytes, .window = *window};
}

} // namespace ladder::fetcher
