#include "connections.hpp"

#include "workbench/quiet_socket.hpp"

#include <utility>

namespace ladder::fetcher {

std::optional<tcp::socket> idle_connections::take(const std::string& origin) {
    std::optional<tcp::socket> socket;
    for (auto found = by_origin_.find(origin); !socket && found != by_origin_.end();
         found = by_origin_.find(origin)) {
        const auto newest = found->second.back();
        if (is_quiet(newest->socket.native_handle()))
            socket.emplace(std::move(newest->socket));
        found->second.pop_back();
        if (found->second.empty()) by_origin_.erase(found);
        idle_.erase(newest);
    }
    return socket;
}

void idle_connections::put(const std::string& origin, tcp::socket socket) {
    idle_.push_front({origin, std::move(socket)});
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
