#pragma once

#include "workbench/http_exchange.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

namespace ladder {

/// What came of an exchange.
struct exchange_result {
    bool done = false;
    std::error_code error{};
    int status = 0;
    std::string body{}; ///< Empty after an error.

    bool operator==(const exchange_result&) const = default;
};

/// Lets an exchange receive `answer` and then the end of the stream. `next_size(left)`
/// says how many bytes come with the next read, at least 1.
template <class NextSize>
exchange_result feed(std::string_view answer, NextSize next_size,
                     std::uint64_t max_body = 1 << 20) {
    http_exchange exchange{{"127.0.0.1", "80", "/"}, {.max_body = max_body}};
    exchange.sent(exchange.to_send().size());
    while (!exchange.done() && !answer.empty()) {
        const auto room = exchange.room();
        const std::size_t size =
            std::min({static_cast<std::size_t>(next_size(answer.size())), answer.size(),
                      room.size()});
        std::memcpy(room.data(), answer.data(), size);
        answer.remove_prefix(size);
        exchange.received(size);
    }
    if (!exchange.done()) exchange.received(0);
    exchange_result result{exchange.done(), exchange.error(), exchange.status()};
    if (!result.error) result.body = exchange.take_body();
    return result;
}

} // namespace ladder
