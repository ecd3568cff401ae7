#pragma once

#include "processes/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

/// Ports of 127.0.0.1 to scan: what the demos, the tests and the benchmark have in
/// common.
namespace ladder::port_scanner {

/// Ports at random, from 1024 on, each with somebody who listens. What connects is not
/// accepted: the kernel does that (listen(2)). Closed at the end.
class listeners {
public:
    /// Throws std::system_error.
    listeners(std::size_t count, std::mt19937& random);

    const std::set<std::uint16_t>& ports() const noexcept { return ports_; }

private:
    std::vector<processes::unique_fd> sockets_;
    std::set<std::uint16_t> ports_;
};

/// The same, but nothing that is sent there is answered, as behind a filter: the queue of
/// connections that nobody accepts is full, and the kernel drops what comes.
class silent_ports {
public:
    /// No port is above `last`. Throws std::system_error.
    silent_ports(std::size_t count, std::mt19937& random, std::uint16_t last = 65'535);

    const std::set<std::uint16_t>& ports() const noexcept { return ports_; }

private:
    std::vector<processes::unique_fd> sockets_;
    std::set<std::uint16_t> ports_;
};

/// Puts this process, and those that it starts, into a network of its own, where nobody
/// else listens (network_namespaces(7)), unless that is not allowed. What connects to
/// port after port belongs there: others may count who connects to theirs. Throws
/// std::system_error.
void enter_own_network();

/// The ports on which anybody on this machine listens now, at whatever address
/// (/proc/net/tcp, see proc_net_tcp(5)).
std::set<std::uint16_t> ports_in_use();

} // namespace ladder::port_scanner
