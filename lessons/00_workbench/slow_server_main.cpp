// A real HTTP/1.1 server with every fault on demand: slow_server --help.
//
// One thread, one event loop. slow_server/targets.cpp has what it shows a client,
// connection.cpp how it reads and writes, server.cpp how it starts, accepts and ends.

#include "option_parser.hpp"
#include "slow_server/server.hpp"
#include "slow_server/targets.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <cstdio>

using namespace ladder::server;

int main(int argc, char** argv) {
    options o;
    ladder::option_parser parser{"slow_server",
                                 "An HTTP server for tests, with every fault on demand."};
    parser.text("--address", &o.address, "where to listen, 127.x.y.z")
        .check(check_loopback);
    parser.number("--port", &o.port, "0 takes any that is free", {});
    parser.flag("--until-eof", &o.until_eof, "end when the standard input does");
    parser.footer(help_text());
    if (const auto status = parser.parse(argc, argv)) return *status;
    try {
        serve(o);
    } catch (const boost::system::system_error& error) {
        fmt::print(stderr, "slow_server: cannot listen on {}:{}: {}\n", o.address, o.port,
                   error.code().message());
        return 1;
    }
}
