#pragma once

#include <cstdint>
#include <string>

namespace ladder::server {

/// Where to listen, and how long.
struct options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0; ///< 0: any that is free.
    bool until_eof = false; ///< End when the standard input does.
};

/// Serves in the calling thread until SIGINT, SIGTERM or the end of the standard input;
/// says in one line on the standard output where it listens. Throws
/// `boost::system::system_error` when it cannot listen there.
void serve(const options& o);

/// What is wrong with an address: it is none, or not of the loopback. Empty: nothing.
std::string check_loopback(const std::string& address);

} // namespace ladder::server
