// What the scanner finds, and how long it takes with one and many of each.

#include "loopback_ports.hpp"
#include "supervisor.hpp"
#include "workbench/demo.hpp"
#include "workbench/machine_limits.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/stopwatch.hpp"
#include "workbench/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

namespace ladder::port_scanner {

namespace {

using port_set = std::set<std::uint16_t>;

constexpr std::size_t listener_count = 200;
constexpr std::size_t silent_count = 50;

/// Expected ports, over all runs, against those that were found.
struct score {
    std::size_t expected = 0;
    std::size_t found = 0;
    std::size_t false_ones = 0;

    void add(const port_set& wanted, const port_set& seen, const port_set& others) {
        expected += wanted.size();
        for (const std::uint16_t port : seen)
            if (wanted.contains(port))
                ++found;
            else if (!others.contains(port))
                ++false_ones;
    }

    bool perfect() const { return found == expected && false_ones == 0; }
};

port_set ports_of(const targets& all, const scan_result& result, port_state state) {
    port_set ports;
    for (const found_port& port : result.ports)
        if (port.what.state == state) ports.insert(all[port.index].port);
    return ports;
}

/// A port that the kernel may also give to those who connect, and that nobody has.
std::uint16_t nobodys_port() {
    int first = 32'768;
    int last = 60'999;
    std::ifstream{"/proc/sys/net/ipv4/ip_local_port_range"} >> first >> last;
    const auto taken = ports_in_use();
    // The kernel prefers every second one, those like the first (ip_sysctl.rst).
    for (int port = first + (last - first) / 4 * 2; port < last; port += 2)
        if (!taken.contains(static_cast<std::uint16_t>(port)))
            return static_cast<std::uint16_t>(port);
    throw std::runtime_error{"every port is taken"};
}

} // namespace

int show_grid() {
    constexpr std::size_t silent = 20;
    constexpr std::chrono::milliseconds timeout{100};
    std::mt19937 random{std::random_device{}()};
    const targets all{parse_hosts("127.0.0.1"), parse_ports("1-20000")};
    const std::uint64_t many = std::max<std::uint64_t>(2, usable_cores());
    const auto time = [&](std::uint64_t processes, std::size_t fibers) {
        const scan_settings settings{.processes = processes,
                                     .options = {.fibers = fibers, .timeout = timeout}};
        return ladder::seconds(scan_in_processes(all, settings, {}).elapsed);
    };

    struct row {
        std::uint64_t processes;
        std::size_t fibers;
        double answering = 0, some_silent = 0;
    };

    std::vector<row> rows{{1, 1}, {1, 500}, {many, 1}, {many, 500}};
    for (row& r : rows)
        r.answering = time(r.processes, r.fibers);
    {
        const silent_ports quiet{silent, random, 20'000};
        for (row& r : rows)
            r.some_silent = time(r.processes, r.fibers);
    }
    fmt::print("{:<26}  all answer  {} are silent, {} ms each\n", "20000 ports", silent,
               timeout.count());
    for (const row& r : rows)
        fmt::print("{} process{} {:>3} fiber{}  {:>8.2f} s  {:>22.2f} s\n", r.processes,
                   r.processes == 1 ? ",   " : "es, ", r.fibers,
                   r.fibers == 1 ? " " : "s", r.answering, r.some_silent);
    fmt::print(
        "\n500 fibers instead of 1:  {:.1f} × as fast when all answer, {:.1f} × when "
        "{} are silent\n",
        rows[0].answering / rows[1].answering, rows[0].some_silent / rows[1].some_silent,
        silent);
    fmt::print("{} processes instead of 1: {:.1f} × as fast when all answer\n", many,
               rows[1].answering / rows[3].answering);
    return 0;
}

int show_silent() {
    std::mt19937 random{std::random_device{}()};
    const silent_ports quiet{8, random};
    number_set ports;
    for (const std::uint16_t port : quiet.ports())
        ports.add({port, port});
    const targets all{parse_hosts("127.0.0.1"), ports};
    const timeline::recording recording;
    const scan_result result = scan_in_processes(
        all,
        {.processes = 2,
         .options = {.fibers = 2, .timeout = std::chrono::milliseconds{100}}},
        {});
    fmt::print("{}\n{} silent ports in {} processes of 2 fibers: {:.2f} s\n",
               timeline::draw_terminal(recording.intervals()), result.filtered,
               result.processes, ladder::seconds(result.elapsed));
    return 0;
}

int show_self_connect() {
    constexpr int attempts = 100'000;
    enter_own_network();
    const std::uint16_t port = nobodys_port();
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    target.sin_port = htons(port);
    int refused = 0;
    int connected = 0;
    std::string pair;
    for (int i = 0; i < attempts; ++i) {
        const processes::unique_fd socket{
            ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        const int result = ::connect(
            socket.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target);
        if (result != 0) {
            refused += errno == ECONNREFUSED ? 1 : 0;
            continue;
        }
        ++connected;
        sockaddr_in own{};
        socklen_t size = sizeof own;
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size);
        pair = fmt::format("{} to {}", ntohs(own.sin_port), port);
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    fmt::print("nobody listens at port {}; {} attempts to connect\n\n"
               "refused    {:>6}\nconnected  {:>6}{}\n",
               port, attempts, refused, connected,
               connected > 0 ? fmt::format(", from port {}", pair) : "");
    return 0;
}

/// Scans the whole range of 127.0.0.1 again and again, each time with 200 new listeners
/// and 50 new silent ports, and compares. Status 0 when nothing was missed and nothing
/// was false. It does so in a network of its own where it may; elsewhere, a port on which
/// somebody else has just begun to listen may look like a false one.
int show_recall(arguments given) {
    int runs = 20;
    std::uint32_t seed = std::random_device{}();
    option_parser options{"recall",
                          "What is found of ports that are known, and what not."};
    options.number("--runs", &runs, "scans", {1});
    options.number("--seed", &seed, "of the choice of ports", {});
    if (const auto status = options.parse(given)) return *status;
    std::mt19937 random{seed};
    const targets all{parse_hosts("127.0.0.1"), parse_ports("1-65535")};
    scan_settings settings;
    settings.processes = usable_cores();
    settings.options.timeout = std::chrono::milliseconds{100}; // for the impatient

    enter_own_network(); // and where that is not allowed, look who else is there
    score open;
    score silent;
    std::uint64_t self_connects = 0;
    double seconds = 0;
    for (int run = 0; run < runs; ++run) {
        auto others = ports_in_use(); // they come and go
        const listeners listening{listener_count, random};
        const silent_ports quiet{silent_count, random};
        const auto look = [&] { others.merge(ports_in_use()); };
        const scan_result result =
            scan_in_processes(all, settings, [&](const scan_result&) { look(); });
        look();
        for (const auto* ours : {&listening.ports(), &quiet.ports()})
            for (const std::uint16_t port : *ours)
                others.erase(port);
        open.add(listening.ports(), ports_of(all, result, port_state::open), others);
        silent.add(quiet.ports(), ports_of(all, result, port_state::filtered), others);
        self_connects += result.notes.self_connects;
        seconds += ladder::seconds(result.elapsed);
    }
    fmt::print("{} scans of all 65535 ports, with {} listeners and {} silent ports at "
               "random (seed {})\n\n"
               "open       {} of {} found, {} false\n"
               "filtered   {} of {} found, {} false\n"
               "{} times a socket was connected to itself; {:.2f} s a scan\n",
               runs, listener_count, silent_count, seed, open.found, open.expected,
               open.false_ones, silent.found, silent.expected, silent.false_ones,
               self_connects, seconds / runs);
    return open.perfect() && silent.perfect() ? 0 : 1;
}

} // namespace ladder::port_scanner
