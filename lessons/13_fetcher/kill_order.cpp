#include "kill_order.hpp"

#include "workbench/interleave.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace ladder::fetcher {

namespace {

constexpr std::array<std::string_view, 15> points{
    "supervisor: list kept",        "supervisor: job described",
    "supervisor: task sent",        "worker: started",
    "worker: task received",        "worker: task begun",
    "worker: page fetched",         "worker: page written",
    "worker: page renamed",         "worker: outcomes sent",
    "supervisor: outcome received", "supervisor: outcomes recorded",
    "supervisor: list read",        "supervisor: worker buried",
    "supervisor: nothing left"};

/// One for a process, as points are; written before anything comes to a point.
struct order {
    std::string point;
    std::uint64_t time = 1;
    bool all = false;
    std::atomic<std::uint64_t> own{0};
    std::atomic<std::uint64_t>* arrivals = &own;
};

order& the_order() {
    static order it;
    return it;
}

void obey(std::string_view point) noexcept {
    const order& it = the_order();
    if (point != it.point || it.arrivals->fetch_add(1) + 1 != it.time) return;
    // The workers' supervisor takes all of them with it.
    if (it.all && point.starts_with("worker")) ::kill(::getppid(), SIGKILL);
    ::kill(::getpid(), SIGKILL);
}

} // namespace

std::span<const std::string_view> kill_points() {
    return points;
}

void obey_kill_order(std::span<const std::string_view> more) {
    const char* const variable = std::getenv(kill_order_variable);
    if (variable == nullptr) return;
    order& it = the_order();
    std::string_view text{variable};
    if (text.ends_with(" all")) {
        it.all = true;
        text.remove_suffix(4);
    }
    if (const auto at = text.find('@'); at != text.npos) {
        const auto number = text.substr(at + 1);
        const char* const end = number.data() + number.size();
        const auto [rest, error] = std::from_chars(number.data(), end, it.time);
        if (error != std::errc{} || rest != end || it.time == 0)
            throw std::invalid_argument{fmt::format("{}: '{}' is no number of times",
                                                    kill_order_variable, number)};
        text = text.substr(0, at);
    }
    if (std::ranges::find(points, text) == points.end() &&
        std::ranges::find(more, text) == more.end())
        throw std::invalid_argument{fmt::format("{}: no point '{}'; there are: {}",
                                                kill_order_variable, text,
                                                fmt::join(points, ", "))};
    it.point = text;
    interleave::observe(obey);
}

void share_kill_order(std::atomic<std::uint64_t>& counter) {
    the_order().arrivals = &counter;
}

} // namespace ladder::fetcher
