#include "connections.hpp"

#include <utility>

namespace ladder::fetcher {

std::optional<connection> idle_connections::take(const std::string& origin) {
    std::optional<connection> quiet;
    for (auto found = by_origin_.find(origin); !quiet && found != by_origin_.end();
         found = by_origin_.find(origin)) {
        const auto newest = found->second.back();
        if (newest->idle.is_quiet()) quiet.emplace(std::move(newest->idle));
        found->second.pop_back();
        if (found->second.empty()) by_origin_.erase(found);
        idle_.erase(newest);
    }
    return quiet;
}

void idle_connections::put(const std::string& origin, connection idle) {
    idle_.push_front({origin, std::move(idle)});
    by_origin_[origin].push_back(idle_.begin());
    if (idle_.size() > limit_) close_oldest();
}

bool idle_connections::close_oldest() {
    if (idle_.empty()) return false;
    const auto found = by_origin_.find(idle_.back().origin);
    found->second.pop_front();
    if (found->second.empty()) by_origin_.erase(found);
    idle_.pop_back();
    return true;
}

} // namespace ladder::fetcher
