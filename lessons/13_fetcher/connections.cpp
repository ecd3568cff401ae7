#include "connections.hpp"

#include "no_lock.hpp"

#include <boost/asio/ip/address.hpp>

#include <charconv>
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

std::vector<tcp::endpoint> host_addresses::find(const http_url& url, time_point deadline,
                                                std::error_code& error) {
    boost::system::error_code e;
    const auto address = boost::asio::ip::make_address(url.host, e);
    if (!e) {
        std::uint16_t port = 0;
        std::from_chars(url.port.data(), url.port.data() + url.port.size(), port);
        return {{address, port}};
    }

    const std::string key = url.authority();
    auto& known = lookups_[key];
    if (!known) known = start(url);
    const auto lookup = known; // may be forgotten while we wait
    no_lock lock;
    while (!lookup->done)
        if (lookup->finished.wait_until(lock, deadline) ==
            boost::fibers::cv_status::timeout)
            break;
    if (!lookup->done)
        error = std::make_error_code(std::errc::timed_out);
    else if (lookup->found.empty())
        error = http_error::host_not_found;
    return lookup->found;
}

std::shared_ptr<host_addresses::lookup> host_addresses::start(const http_url& url) {
    auto started = std::make_shared<lookup>();
    resolver_.async_resolve(url.host, url.port,
                            [this, started, key = url.authority()](
                                const boost::system::error_code& error,
                                const tcp::resolver::results_type& results) {
                                for (const auto& result : results)
                                    started->found.push_back(result.endpoint());
                                started->done = true;
                                started->finished.notify_all();
                                // A failure may be gone at the next try; and names are
                                // not kept for ever.
                                if (error) lookups_.erase(key);
                                if (lookups_.size() > remembered_limit) lookups_.clear();
                            });
    return started;
}

} // namespace ladder::fetcher
