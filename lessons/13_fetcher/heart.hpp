#pragma once

#include "statistics.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace ladder::fetcher {

/// Shows the supervisor that the loop turns. It ends with the process.
class heart {
public:
    heart(boost::asio::io_context& io, worker_statistics& statistics)
        : timer_(io),
          statistics_(statistics) {
        beat();
    }

private:
    static constexpr std::chrono::milliseconds period{50};

    void beat() {
        worker_statistics::add(statistics_.heartbeat, 1);
        timer_.expires_after(period);
        timer_.async_wait([this](const auto& error) {
            if (!error) beat();
        });
    }

    boost::asio::steady_timer timer_;
    worker_statistics& statistics_;
};

} // namespace ladder::fetcher
