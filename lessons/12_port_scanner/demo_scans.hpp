#pragma once

#include <span>
#include <string>

namespace ladder::port_scanner {

/// Scans the whole range of 127.0.0.1 again and again, each time with 200 new listeners
/// and 50 new silent ports, and compares. Status 0 when nothing was missed and nothing
/// was false. It does so in a network of its own where it may; elsewhere, a port on which
/// somebody else has just begun to listen may look like a false one. Arguments: [--runs
/// N] [--seed N].
int show_recall(std::span<const std::string> arguments);

/// Scans ports 1 to 20,000 with one and many processes of one and many fibers.
int show_grid();

/// Draws who waits for which of eight silent ports: two processes, two fibers in each.
int show_silent();

/// Connects again and again to one port of 127.0.0.1 on which nobody listens.
int show_self_connect();

} // namespace ladder::port_scanner
