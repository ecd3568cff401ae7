#include "command_line.hpp"
#include "output.hpp"
#include "progress_display.hpp"
#include "supervisor.hpp"
#include "workbench/demo.hpp"
#include "worker.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <system_error>

namespace ladder::port_scanner {

// demo_scans.cpp
int show_grid(), show_recall(arguments), show_self_connect(), show_silent();

} // namespace ladder::port_scanner

namespace {

using namespace ladder::port_scanner;

/// What the lesson shows; a host that is called so can be named with a dot at its end.
const std::array<ladder::demo, 4> demos{
    {{"grid", "one and many processes of one and many fibers", show_grid},
     {"recall", "what is found of ports that are known, and what not", show_recall},
     {"self", "connects to a port where nobody listens", show_self_connect},
     {"silent", "who waits for which of eight silent ports", show_silent}}};

int scan(const command_line& c) {
    std::signal(SIGCHLD, SIG_DFL); // ignored, it would hide how workers die
    if (!c.elsewhere.empty()) fmt::print(stderr, "port_scanner: {}\n", c.elsewhere);
    scan_result result;
    {
        progress_display display{c.progress, c.all.size()};
        result = scan_in_processes(c.all, c.scan,
                                   [&](const scan_result& r) { display.show(r); });
        if (c.progress == show_progress::always) display.show(result);
    }
    const std::string text = (c.json ? as_json : as_text)(c.all, c.scan, result);
    const std::size_t written = std::fwrite(text.data(), 1, text.size(), stdout);
    if (written == text.size() && std::fflush(stdout) == 0) return 0;
    throw std::system_error{errno, std::generic_category(), "standard output"};
}

} // namespace

int main(int argc, char** argv) try {
    const std::string_view first = argc > 1 ? argv[1] : "";
    for (const ladder::demo& d : demos)
        if (first == d.name)
            return d.run(std::vector<std::string>(argv + 2, argv + argc));

    int status = 0;
    const auto c = parse_command_line(argc, argv, status);
    if (!c) return status;
    return c->worker ? run_worker(*c->worker, c->all, c->scan.options) : scan(*c);
} catch (const std::exception& error) {
    fmt::print(stderr, "port_scanner: {}\n", error.what());
    return 1;
}
