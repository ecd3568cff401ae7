#pragma once

#include "connection.hpp"

#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace ladder::fetcher {

/// Connections that carried an answer and may carry another one, by host and port
/// (keep-alive, RFC 9112 §9.3). Holds at most `limit` of them and closes the one that is
/// idle for the longest when there would be more.
class idle_connections {
public:
    explicit idle_connections(std::size_t limit) : limit_(limit) {}

    /// The most recently used one of that host, if any, on which nothing has come in: a
    /// byte that nobody asked for belongs to no page. The others are closed.
    std::optional<connection> take(const std::string& origin);
    void put(const std::string& origin, connection idle);
    bool close_oldest(); ///< False when there is none.

private:
    struct entry {
        std::string origin;
        connection idle;
    };

    std::size_t limit_;
    std::list<entry> idle_; ///< The most recently used one is at the front.
    /// Each host's, the most recently used one at the back; none is empty.
    std::unordered_map<std::string, std::deque<std::list<entry>::iterator>> by_origin_;
};

} // namespace ladder::fetcher
