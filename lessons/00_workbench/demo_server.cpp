// A real server, with every fault on demand.

#include "slow_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>

#include <utility>

namespace ladder {

namespace {

using boost::asio::ip::tcp;

/// A connection to the server, with a request on its way: text over TCP, no more.
tcp::iostream ask(const slow_server& server, const std::string& target) {
    tcp::iostream stream{"127.0.0.1", std::to_string(server.port())};
    stream << "GET " << target << " HTTP/1.1\r\nHost: localhost\r\n\r\n" << std::flush;
    return stream;
}

std::string first_line(tcp::iostream answer) {
    std::string line;
    std::getline(answer, line);
    if (line.empty()) return answer.error().message();
    line.pop_back(); // lines of HTTP end with CR LF
    return line;
}

} // namespace

int show_server() {
    const slow_server server;
    for (const char* target :
         {"/page/7?delay=100", "/status/404", "/flaky/1", "/flaky/1", "/reset"})
        fmt::print("GET {:<20} {}\n", target, first_line(ask(server, target)));

    // [gate]
    server.reset_stats();
    auto first = ask(server, "/gate/2");  // opens when two wait at it,
    auto second = ask(server, "/gate/2"); // so neither gets an answer without the other
    first_line(std::move(first));
    first_line(std::move(second));
    const auto stats = server.stats();
    // [/gate]
    fmt::print("\nGET /gate/2, twice at a time: {} requests, {} in flight at the peak\n",
               stats.requests, stats.peak_in_flight);
    return 0;
}

} // namespace ladder
