#include "connections.hpp"

#include <utility>

namespace ladder::fetcher {

std::optional<tcp::socket> idle_connections::take(const std::string& authority) {
    const auto found = by_authority_.find(authority);
    if (found == by_authority_.end()) return {};
    const auto newest = found->second.back();
    tcp::socket socket = std::move(newest->socket);
    found->second.pop_back();
    if (found->second.empty()) by_authority_.erase(found);
    idle_.erase(newest);
    return socket;
}

void idle_connections::put(const std::string& authority, tcp::socket socket) {
    idle_.push_front({authority, std::move(socket)});
    by_authority_[authority].push_back(idle_.begin());
    if (idle_.size() > limit_) close_oldest();
}

bool idle_connections::close_oldest() {
    if (idle_.empty()) return false;
    const auto found = by_authority_.find(idle_.back().authority);
    found->second.pop_front();
    if (found->second.empty()) by_authority_.erase(found);
    idle_.pop_back();
    return true;
}

} // namespace ladder::fetcher
