// A lost update: the losing order, every time.

#include "interleave.hpp"

#include <fmt/format.h>

#include <optional>
#include <thread>

namespace ladder {

namespace {

using interleave::actor;
using interleave::script;

// [deposit]
const std::vector<std::string> losing_order{"A: after read", "B: after write"};

void deposit_one(std::atomic<int>& balance) {
    const int read = balance.load();
    ladder::point("after read");
    balance.store(read + 1); // what another thread wrote since then is lost
    ladder::point("after write");
}

int two_deposits(bool forced) {
    std::optional<script> order;
    if (forced) order.emplace(losing_order);
    std::atomic<int> balance{0};
    {
        const auto play = [&](const char* name) {
            const actor me{name};
            deposit_one(balance);
        };
        const std::jthread a{play, "A"};
        const std::jthread b{play, "B"};
    }
    return balance;
}

// [/deposit]

} // namespace

int show_interleave() {
    constexpr int rounds = 100;
    for (const bool forced : {false, true}) {
        int lost = 0;
        for (int i = 0; i < rounds; ++i)
            lost += two_deposits(forced) == 1 ? 1 : 0;
        fmt::print("{}: a deposit is lost in {:>3} of {} rounds\n",
                   forced ? "by a script" : "by luck    ", lost, rounds);
    }
    return 0;
}

} // namespace ladder
