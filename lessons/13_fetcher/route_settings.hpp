#pragma once

#include <string>

namespace ladder::fetcher {

/// By which way servers are reached. A new one is a line here, one in route_options.cpp,
/// one in protocol.cpp and one in job_description.cpp.
struct route_settings {
    std::string proxy{};      ///< For all; empty: as the environment says.
    std::string http_proxy{}; ///< For http alone; that is what the environment says.
    std::string https_proxy{};
    std::string no_proxy{};     ///< Hosts that are reached without one, with commas.
    std::string proxy_header{}; ///< `Proxy-Authorization: ...`, that no server sees.
    std::string connect_to{};   ///< Lines like HOST:PORT:OTHER_HOST:OTHER_PORT.
    std::string resolve{};      ///< Lines like HOST:PORT:ADDRESS,ADDRESS.
    bool only_ipv4 = false;
    bool only_ipv6 = false;
    std::string interface {};  ///< A name or an address of this machine.
    std::string unix_socket{}; ///< A file: all servers are behind it.
    std::string netrc{};       ///< A file with passwords of hosts.
};

} // namespace ladder::fetcher
