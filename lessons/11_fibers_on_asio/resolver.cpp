#include "resolver.hpp"

#include "no_lock.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/fiber/condition_variable.hpp>

#include <charconv>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace ladder::fibers_on_asio {

using boost::asio::ip::tcp;

namespace {

constexpr std::size_t remembered_limit = 10'000; // hosts

/// Fibers wait for `finished` until `done`; then `found` is what there is.
struct lookup {
    bool done = false;
    std::vector<tcp::endpoint> found;
    boost::fibers::condition_variable_any finished;
};

} // namespace

struct resolver::names : std::enable_shared_from_this<names> {
    explicit names(boost::asio::io_context& io) : asio(io) {}

    std::shared_ptr<lookup> start(const http_url& url) {
        auto started = std::make_shared<lookup>();
        asio.async_resolve(url.host, url.port,
                           [self = shared_from_this(), started, key = url.authority()](
                               const boost::system::error_code& error,
                               const tcp::resolver::results_type& results) {
                               for (const auto& result : results)
                                   started->found.push_back(result.endpoint());
                               started->done = true;
                               started->finished.notify_all();
                               // A failure may be gone at the next try; and names are
                               // not kept for ever.
                               if (error) self->known.erase(key);
                               if (self->known.size() > remembered_limit)
                                   self->known.clear();
                           });
        return started;
    }

    tcp::resolver asio;
    std::unordered_map<std::string, std::shared_ptr<lookup>> known; ///< Or on their way.
};

resolver::resolver(boost::asio::io_context& io) : names_(std::make_shared<names>(io)) {}

std::vector<tcp::endpoint> resolver::find(const http_url& url, time_point deadline,
                                          std::error_code& error) {
    boost::system::error_code e;
    const auto address = boost::asio::ip::make_address(url.host, e);
    if (!e) {
        std::uint16_t port = 0;
        std::from_chars(url.port.data(), url.port.data() + url.port.size(), port);
        return {{address, port}};
    }

    auto& known = names_->known[url.authority()];
    if (!known) known = names_->start(url);
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

} // namespace ladder::fibers_on_asio
