#include "output.hpp"

#include "workbench/stopwatch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ladder::port_scanner {

namespace {

const char* plural(std::uint64_t count, const char* more) {
    return count == 1 ? "" : more;
}

} // namespace

std::string as_text(const targets& all, const scan_settings& settings,
                    const scan_result& result) {
    std::string text;
    for (const found_port& port : result.ports) {
        text += fmt::format("{:<21}  {:<8}  {}\n", endpoint_text(all[port.index]),
                            to_text(port.what.state),
                            reason(port.what, settings.options.timeout));
    }
    text +=
        fmt::format("{} port{}: {} open, {} closed (connection refused), {} filtered; "
                    "{:.2f} s, {} process{}",
                    result.asked, plural(result.asked, "s"), result.open, result.closed(),
                    result.filtered, seconds(result.elapsed), result.processes,
                    plural(result.processes, "es"));
    if (result.workers_lost > 0)
        text += fmt::format(", {} worker{} lost and replaced", result.workers_lost,
                            plural(result.workers_lost, "s"));
    return text + '\n';
}

std::string as_json(const targets& all, const scan_settings& settings,
                    const scan_result& result) {
    std::string text = "{\"ports\": [";
    const char* between = "\n";
    for (const found_port& port : result.ports) { // no text in it needs an escape
        const auto [address, port_number] = all[port.index];
        text += fmt::format(
            R"({}  {{"host": "{}", "port": {}, "state": "{}", "reason": "{}"}})", between,
            address_text(address), port_number, to_text(port.what.state),
            reason(port.what, settings.options.timeout));
        between = ",\n";
    }
    text += fmt::format(
        "\n], \"asked\": {}, \"open\": {}, \"closed\": {}, \"filtered\": {},\n"
        "\"processes\": {}, \"fibers\": {}, \"timeout_ms\": {}, "
        "\"self_connects\": {}, \"waits_for_descriptors\": {}, "
        "\"workers_lost\": {}, \"seconds\": {:.6f}}}\n",
        result.asked, result.open, result.closed(), result.filtered, result.processes,
        settings.options.fibers, settings.options.timeout.count(),
        result.notes.self_connects, result.notes.waits, result.workers_lost,
        seconds(result.elapsed));
    return text;
}

std::string progress_line(std::uint64_t size, const scan_result& so_far,
                          std::size_t width) {
    constexpr std::uint64_t bar_width = 20;
    const std::uint64_t asked = std::min(so_far.asked, size);
    const double done =
        size == 0 ? 1 : static_cast<double>(asked) / static_cast<double>(size);
    const auto filled = static_cast<std::size_t>(done * bar_width);
    std::string line = fmt::format("[{:<{}}] {:3.0f} %  {} of {} ports, {} open",
                                   std::string(filled, '#'), bar_width, 100 * done, asked,
                                   size, so_far.open);
    line.resize(std::min(line.size(), width));
    return line;
}

} // namespace ladder::port_scanner
