#pragma once

#include "fibers_on_asio/event_loop.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/system/error_code.hpp>

#include <functional>

namespace ladder {

/// An asynchronous operation that completes when the test says so.
template <class... Ts>
class manual_operation {
public:
    using error_code = boost::system::error_code;

    template <class Token>
    auto async_run(Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, Ts...)>(
            [this](auto handler) {
                ++started;
                const auto slot = boost::asio::get_associated_cancellation_slot(handler);
                handler_ = std::move(handler);
                if (on_cancel && slot.is_connected())
                    boost::asio::cancellation_slot{slot}.assign(on_cancel);
                if (on_start) on_start();
            },
            token);
    }

    void complete(error_code error, Ts... values) {
        std::exchange(handler_, nullptr)(error, std::move(values)...);
    }

    int started = 0;
    std::function<void()> on_start; ///< Called within the start.
    std::function<void(boost::asio::cancellation_type)> on_cancel;

private:
    std::function<void(error_code, Ts...)> handler_;
};

} // namespace ladder
