#include "results.hpp"

#include "machine.hpp"
#include "table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace ladder::tour {

namespace {

namespace json = boost::json;

json::object described(const machine& m) {
    return {
        {"cpu", m.cpu},          {"cores", m.cores},   {"memory_bytes", m.memory},
        {"system", m.system},    {"kernel", m.kernel}, {"architecture", m.architecture},
        {"compiler", m.compiler}};
}

} // namespace

std::vector<std::string> conclusions(std::span<const outcome> outcomes) {
    std::vector<outcome> good; // the first one is the loop
    for (const outcome& one : outcomes)
        if (one.failure.empty()) good.push_back(one);
    if (good.size() < 2 || !outcomes.front().failure.empty()) return {};
    const outcome loop = good.front();
    const auto most = std::ranges::max(good, {}, [](const outcome& one) {
                          return one.seen.peak_in_flight;
                      }).seen.peak_in_flight;
    std::erase_if(good,
                  [&](const outcome& one) { return one.seen.peak_in_flight < most; });
    const auto faster = [&](const outcome& one) { return times_faster(one, loop); };
    const auto [slowest, fastest] = std::ranges::minmax(good, {}, faster);
    const auto [least, dearest] = std::ranges::minmax(
        good, {}, [](const outcome& one) { return one.cost.peak_memory; });
    const auto price = [](const outcome& one) {
        return fmt::format("{:.1f} MB and {:.0f} ms of CPU",
                           static_cast<double>(one.cost.peak_memory) / 1e6,
                           seconds(one.cost.cpu) * 1e3);
    };
    return {
        fmt::format(
            "Waiting is the cost: {} computed for {:.1f} % of its time, and waited "
            "for the rest.",
            loop.rung.title(), 100 * seconds(loop.cost.cpu) / seconds(loop.cost.wall)),
        fmt::format(
            "What counts is how many wait at the same time, and not who waits: with "
            "{} in flight, {} is {:.0f} times as fast as the loop, and {} {:.0f} "
            "times.",
            most, slowest.rung.title(), faster(slowest), fastest.rung.title(),
            faster(fastest)),
        fmt::format("Who waits sets the price: {} took {}, {} {}.", dearest.rung.title(),
                    price(dearest), least.rung.title(), price(least))};
}

std::string json(const workload& work, std::span<const outcome> outcomes) {
    json::array rungs;
    for (const auto& one : outcomes)
        rungs.push_back({{"rung", one.rung.name()},
                         {"failure", one.failure},
                         {"exit_status", one.cost.exit_status},
                         {"wall_s", seconds(one.cost.wall)},
                         {"times_faster", times_faster(one, outcomes[0])},
                         {"cpu_s", seconds(one.cost.cpu)},
                         {"peak_memory_bytes", one.cost.peak_memory},
                         {"processes", one.cost.max_processes},
                         {"threads", one.cost.max_threads},
                         {"voluntary_switches", one.cost.voluntary_switches},
                         {"involuntary_switches", one.cost.involuntary_switches},
                         {"requests", one.seen.requests},
                         {"connections", one.seen.connections},
                         {"peak_in_flight", one.seen.peak_in_flight}});
    const json::object report{{"pages", work.pages},
                              {"delay_ms", work.delay.count()},
                              {"in_flight", work.in_flight},
                              {"processes", work.processes},
                              {"conclusions", json::value_from(conclusions(outcomes))},
                              {"machine", described(this_machine())},
                              {"rungs", std::move(rungs)}};
    return json::serialize(report) + "\n";
}

} // namespace ladder::tour
