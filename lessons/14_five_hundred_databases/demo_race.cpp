// Every way in one table.

#include "database.hpp"
#include "race.hpp"
#include "race_report.hpp"
#include "workbench/demo.hpp"
#include "workbench/last_error.hpp"
#include "workbench/option_parser.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

namespace ladder::five_hundred_databases {

int show_race(arguments given) {
    race_options options;
    bool json = false, whole = false, stand_in = false;
    std::string svg;
    option_parser parser{"race", "Asks 500 databases in every way, and compares."};
    parser.flag("--json", &json, "the table as JSON");
    parser.text("--svg", &svg, "also write a picture of it to this file").value("FILE");
    parser.flag("--whole", &whole, "the serial way asks all hosts, not a tenth");
    parser.flag("--stand-in", &stand_in, "not MariaDB, even if there is one");
    parser.number("--laps", &options.laps, "runs of each; the middle one counts",
                  {1, 99});
    parser.number("--hosts", &options.hosts, "how many", {1, 500});
    parser.texts("--way", &options.ways, "only this way; several times: these");
    if (const auto status = parser.parse(given)) return *status;
    if (whole) options.serial_share = 1;
    std::vector<contestant> all;
    try {
        all = contestants(options);
    } catch (const std::invalid_argument& error) {
        return parser.refuse(error.what());
    }
    // Now, because the race takes minutes; a picture that is there stays until its end.
    if (!svg.empty() && !std::ofstream{svg, std::ios::app}) throw last_error(svg);

    const auto server = open_database(stand_in, json ? stderr : stdout);
    observer observer{server->port()};
    if (!json)
        fmt::print(
            "{} hosts, `select sleep(0.1)` on each; the middle one of {} runs\n\n{}",
            options.hosts, options.laps, table_head());
    warm_up(*server);
    std::vector<lap> laps;
    double serial = 0;
    std::size_t failed = 0;
    for (const contestant& one : all) {
        if (!json && !laps.empty() && laps.back().contestant.equal && !one.equal)
            fmt::print("with pools of a size that explains what was claimed:\n");
        laps.push_back(run(one, *server, observer));
        const lap& last = laps.back();
        if (one.name == "serial") serial = last.scaled(last.seconds);
        failed += last.said.failed() + (last.failure.empty() ? 0 : 1);
        if (!json) fmt::print("{}", table_row(last, serial));
        std::fflush(stdout);
    }
    if (json)
        fmt::print("{}", to_json(laps, *server));
    else
        fmt::print("\n{}\n{}\n{}\n{}", connections(laps), how_to_read(), bars(laps),
                   claims());
    if (!svg.empty() && !(std::ofstream{svg} << to_svg(laps)).flush())
        throw std::runtime_error{svg + " cannot be written"};
    return failed == 0 ? 0 : 1;
}

} // namespace ladder::five_hundred_databases
