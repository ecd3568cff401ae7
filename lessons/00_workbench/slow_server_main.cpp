// A real HTTP/1.1 server with every fault on demand: slow_server --help.
//
// One thread, one event loop. slow_server/targets.cpp has what it shows a client,
// connection.cpp how it reads and writes, server.cpp how it starts, accepts and ends.

#include "slow_server/server.hpp"
#include "slow_server/targets.hpp"

#include <CLI/CLI.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <string>

using namespace ladder::server;

int main(int argc, char** argv) {
    options o;
    CLI::App app{"An HTTP server for tests, with every fault on demand."};
    app.footer(help_text());
    app.add_option("--address", o.address, "where to listen, 127.x.y.z")
        ->check(check_loopback)
        ->capture_default_str();
    app.add_option("--port", o.port, "0 takes any that is free")->capture_default_str();
    app.add_flag("--until-eof", o.until_eof, "end when the standard input does");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    try {
        serve(o);
    } catch (const boost::system::system_error& error) {
        fmt::print(stderr, "slow_server: cannot listen on {}:{}: {}\n", o.address, o.port,
                   error.code().message());
        return 1;
    }
}
