#include "report.hpp"

#include "table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <string_view>
#include <thread>

#include <sys/utsname.h>
#include <unistd.h>

namespace ladder::tour {

namespace {

namespace json = boost::json;

/// What stands behind the first line of the file that starts with `key`.
std::string value_in(const char* file, std::string_view key) {
    std::ifstream lines{file};
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(key)) {
            line.erase(0, line.find_first_of(":="));
            line.erase(0, line.find_first_not_of(":=\"\t "));
            return line.substr(0, line.find('"'));
        }
    return {};
}

json::object machine() {
    utsname kernel{};
    ::uname(&kernel);
    return {{"cpu", value_in("/proc/cpuinfo", "model name")},
            {"cores", std::thread::hardware_concurrency()},
            {"memory_bytes", ::sysconf(_SC_PHYS_PAGES) * ::sysconf(_SC_PAGESIZE)},
            {"system", value_in("/etc/os-release", "PRETTY_NAME")},
            {"kernel", fmt::format("{} {}", kernel.sysname, kernel.release)},
            {"architecture", kernel.machine},
            {"compiler", __VERSION__}};
}

double seconds(std::chrono::microseconds time) {
    return std::chrono::duration<double>{time}.count();
}

} // namespace

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
    const json::object report{
        {"pages", work.pages},         {"delay_ms", work.delay.count()},
        {"in_flight", work.in_flight}, {"processes", work.processes},
        {"machine", machine()},        {"rungs", std::move(rungs)}};
    return json::serialize(report) + "\n";
}

} // namespace ladder::tour
