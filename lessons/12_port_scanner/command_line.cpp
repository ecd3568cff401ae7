#include "command_line.hpp"

#include "machine_limits.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
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
    std::int64_t timeout = c.scan.options.timeout.count();
    std::string shown = "auto";
    std::string worker;
    pid_t supervisor = 0;
    bool permission = false;
    const std::map<std::string, std::int64_t> units{
        {"ms", 1}, {"s", 1000}, {"m", 60'000}};
    const std::map<std::string, show_progress> progress{
        {"auto", show_progress::automatic},
        {"always", show_progress::always},
        {"never", show_progress::never}};

    CLI::App app{
        "Finds out which TCP ports of a host are open, with several processes of "
        "many fibers each.\nScanning other people's machines needs their "
        "permission."};
    app.name("port_scanner");
    app.add_option("HOST", hosts, "IPv4 addresses, names, or networks like 127.0.0.0/28")
        ->required();
    app.add_option("-r,--ports", ports, "1-65535, or a list like 22,80,8000-8100")
        ->type_name("PORTS")
        ->capture_default_str();
    app.add_option("-p,--processes", c.scan.processes, "worker processes")
        ->type_name("N")
        ->capture_default_str()
        ->check(CLI::Range(1, 256));
    app.add_option("-c,--fibers", c.scan.options.fibers,
                   "ports at a time in each process")
        ->type_name("M")
        ->capture_default_str()
        ->check(CLI::Range(1, 100'000));
    app.add_option("--timeout", timeout, "after it a silent port is filtered")
        ->transform(CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::UNIT_REQUIRED))
        ->check(CLI::Range(1, 3'600'000).description(""))
        ->type_name("TIME")
        ->default_str("500ms");
    app.add_flag("--json", c.json, "one JSON object instead of lines");
    app.add_flag("--all", c.scan.all, "a line for each closed port, too");
    app.add_option("--progress", shown, "a progress bar on stderr: auto, always, never")
        ->type_name("WHEN")
        ->capture_default_str()
        ->check(CLI::IsMember(progress));
    app.add_flag("--i-have-permission", permission,
                 "to scan more than one host that is not this machine");
    app.add_option("--worker", worker)->group("");
    app.add_option("--supervisor", supervisor)->group("");
    app.footer("Status: 0 every port has its verdict, 1 it could not be done, 2 wrong "
               "usage.\nFor the lesson, instead of a host: grid, recall, self, silent.");

    try {
        app.parse(argc, argv);
        number_set addresses;
        for (const std::string& host : hosts)
            addresses.add(parse_hosts(host));
        c.all = targets{addresses, parse_ports(ports)};
        if (worker.empty())
            c.elsewhere = ask_for_permission(addresses, permission);
        else
            c.worker = parse_worker(worker, supervisor, c.scan.all);
    } catch (const CLI::Success& help) {
        status = app.exit(help);
        return {};
    } catch (const std::exception& error) { // CLI::ParseError, too
        const std::string text = error.what();
        std::fputs(fmt::format("port_scanner: {} (--help shows how)\n",
                               text.substr(0, text.find('\n')))
                       .c_str(),
                   stderr);
        status = 2;
        return {};
    }
    c.scan.options.timeout = std::chrono::milliseconds{timeout};
    c.progress = progress.at(shown);
    return c;
}

} // namespace ladder::port_scanner
