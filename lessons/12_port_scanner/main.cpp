#include "command_line.hpp"
#include "demo_scans.hpp"
#include "output.hpp"
#include "supervisor.hpp"
#include "workbench/demo.hpp"
#include "workbench/terminal_width.hpp"
#include "worker.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <unistd.h>

using namespace ladder::port_scanner;

namespace {

constexpr std::chrono::seconds between_lines{10}; // of progress, without a terminal
constexpr const char* clear_line = "\r\033[K";

/// Shows on stderr how far it is, until it is destroyed: a bar on a terminal, a line now
/// and then elsewhere.
class progress_display {
public:
    progress_display(show_progress wanted, std::uint64_t ports)
        : wanted_(wanted),
          ports_(ports),
          terminal_(::isatty(STDERR_FILENO) == 1) {}

    ~progress_display() {
        if (bar_shown_) std::fputs(clear_line, stderr);
    }

    progress_display(const progress_display&) = delete;
    progress_display& operator=(const progress_display&) = delete;

    void show(const scan_result& so_far) {
        if (wanted_ == show_progress::never) return;
        if (terminal_) {
            const auto line =
                progress_line(ports_, so_far, ladder::terminal_width(STDERR_FILENO) - 1);
            fmt::print(stderr, "\r{}\033[K", line);
            bar_shown_ = true;
        } else if (wanted_ == show_progress::always ||
                   so_far.elapsed >= between_lines * (lines_ + 1)) {
            ++lines_;
            fmt::print(stderr, "port_scanner: {}\n", progress_line(ports_, so_far, 200));
        }
    }

private:
    show_progress wanted_;
    std::uint64_t ports_;
    bool terminal_;
    bool bar_shown_ = false;
    int lines_ = 0;
};

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
