#include "command_line.hpp"

#include "workbench/machine_limits.hpp"
#include "workbench/option_parser.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace ladder::port_scanner {

namespace {

/// Refuses, or returns the warning, if either is due.
std::string ask_for_permission(const number_set& hosts, bool given) {
    const std::uint64_t elsewhere = hosts_elsewhere(hosts);
    if (elsewhere == 0 || given) return {};
    const std::string rule = "scanning other people's machines needs their permission";
    if (elsewhere > 1)
        throw std::invalid_argument{fmt::format(
            "{} hosts outside this machine: {}; if you have it, say --i-have-permission",
            elsewhere, rule)};
    return "this host may not be yours: " + rule;
}

worker_settings parse_worker(const std::string& which, pid_t supervisor, bool all) {
    worker_settings w{.supervisor = supervisor, .all = all};
    char slash = 0;
    std::istringstream text{which};
    text >> w.number >> slash >> w.workers;
    if (!text || slash != '/' || w.number >= w.workers)
        throw std::invalid_argument{"--worker is for the program's own use"};
    return w;
}

} // namespace

std::optional<command_line> parse_command_line(int argc, char** argv, int& status) {
    command_line c;
    c.scan.processes = usable_cores();
    std::vector<std::string> hosts;
    std::string ports = "1-65535";
    std::string shown = "auto";
    std::string worker;
    pid_t supervisor = 0;
    bool permission = false;
    const std::map<std::string, show_progress> progress{
        {"auto", show_progress::automatic},
        {"always", show_progress::always},
        {"never", show_progress::never}};

    option_parser options{
        "port_scanner",
        "Finds out which TCP ports of a host are open, with several processes of "
        "many fibers each.\nScanning other people's machines needs their "
        "permission."};
    options.texts("HOST", &hosts, "addresses, names, or networks like 127.0.0.0/28")
        .required();
    options.text("-r,--ports", &ports, "1-65535, or a list like 22,80,8000-8100")
        .value("PORTS");
    options.number("-p,--processes", &c.scan.processes, "worker processes", {1, 256});
    options
        .number("-c,--fibers", &c.scan.options.fibers, "ports at a time in each process",
                {1, 100'000})
        .value("M");
    options.duration("--timeout", &c.scan.options.timeout,
                     "after it a silent port is filtered",
                     {.most = std::chrono::hours{1}, .bare = ""});
    options.flag("--json", &c.json, "one JSON object instead of lines");
    options.flag("--all", &c.scan.all, "a line for each closed port, too");
    options
        .choice("--progress", &shown, {"auto", "always", "never"},
                "a progress bar on stderr: auto, always, never")
        .value("WHEN");
    options.flag("--i-have-permission", &permission,
                 "to scan more than one host that is not this machine");
    options.text("--worker", &worker, "").hidden();
    options.number("--supervisor", &supervisor, "", {}).hidden();
    options.footer(
        "Status: 0 every port has its verdict, 1 it could not be done, 2 wrong "
        "usage.\nFor the lesson, instead of a host: grid, recall, self, silent.");

    if (const auto ended = options.parse(argc, argv)) {
        status = *ended;
        return {};
    }
    try {
        number_set addresses;
        for (const std::string& host : hosts)
            addresses.add(parse_hosts(host));
        c.all = targets{addresses, parse_ports(ports)};
        if (worker.empty())
            c.elsewhere = ask_for_permission(addresses, permission);
        else
            c.worker = parse_worker(worker, supervisor, c.scan.all);
    } catch (const std::exception& error) {
        status = options.refuse(error.what());
        return {};
    }
    c.progress = progress.at(shown);
    return c;
}

} // namespace ladder::port_scanner
