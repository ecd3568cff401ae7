#pragma once

#include "command_line.hpp"
#include "output.hpp"
#include "workbench/terminal_width.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdio>

#include <unistd.h>

namespace ladder::port_scanner {

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
                progress_line(ports_, so_far, terminal_width(STDERR_FILENO) - 1);
            fmt::print(stderr, "\r{}\033[K", line);
            bar_shown_ = true;
        } else if (wanted_ == show_progress::always ||
                   so_far.elapsed >= between_lines * (lines_ + 1)) {
            ++lines_;
            fmt::print(stderr, "port_scanner: {}\n", progress_line(ports_, so_far, 200));
        }
    }

private:
    static constexpr std::chrono::seconds between_lines{10}; // without a terminal
    static constexpr const char* clear_line = "\r\033[K";

    show_progress wanted_;
    std::uint64_t ports_;
    bool terminal_;
    bool bar_shown_ = false;
    int lines_ = 0;
};

} // namespace ladder::port_scanner
