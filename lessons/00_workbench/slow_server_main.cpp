// A real HTTP/1.1 server with every fault on demand: slow_server --help.
//
// One thread, one event loop. What it shows a client is in slow_server_targets.hpp, how
// it reads and writes in slow_server_connection.hpp; here it starts, accepts and ends.

#include "slow_server_connection.hpp"
#include "slow_server_targets.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace ladder::server;
using asio::ip::tcp;

struct options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    bool until_eof = false;
};

/// Accepts for as long as it lives. Without a free descriptor it waits until a
/// connection closes, or for a moment if it was not a connection that took them.
class listener {
public:
    listener(shared_state& shared, const tcp::endpoint& endpoint)
        : shared_(shared),
          acceptor_(shared.io, endpoint.protocol()) {
        acceptor_.set_option(tcp::acceptor::reuse_address{true});
        // What is accepted inherits this: small writes leave at once.
        acceptor_.set_option(tcp::no_delay{true});
        acceptor_.bind(endpoint);
        acceptor_.listen(asio::socket_base::max_listen_connections);
        accept();
    }

    tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

private:
    void accept() {
        acceptor_.async_accept([this](const error_code& error, client_socket socket) {
            if (!error) std::make_shared<connection>(std::move(socket), shared_)->start();
            if (!error || error == asio::error::connection_aborted) return accept();
            shared_.out_of_descriptors.expires_after(std::chrono::milliseconds{100});
            shared_.out_of_descriptors.async_wait(
                [this](const error_code&) { accept(); });
        });
    }

    shared_state& shared_;
    asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor_;
};

/// Ends the event loop when the standard input ends.
class life_line {
public:
    explicit life_line(shared_state& shared) : shared_(shared), input_(shared.io) {
        error_code error;
        input_.assign(STDIN_FILENO, error);
        if (error)
            shared_.io.stop(); // a file or /dev/null: over already
        else
            read();
    }

private:
    void read() {
        input_.async_read_some(asio::buffer(ignored_),
                               [this](const error_code& error, std::size_t) {
                                   if (error) return shared_.io.stop();
                                   read();
                               });
    }

    shared_state& shared_;
    asio::posix::stream_descriptor input_;
    std::array<char, 256> ignored_;
};

void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void serve(const options& o) {
    raise_descriptor_limit();
    shared_state shared;
    asio::signal_set signals{shared.io, SIGINT, SIGTERM};
    signals.async_wait([&](const error_code&, int) { shared.io.stop(); });
    const listener listener{shared, {asio::ip::make_address(o.address), o.port}};
    std::unique_ptr<life_line> line;
    if (o.until_eof) line = std::make_unique<life_line>(shared);

    fmt::print("listening on http://{}:{}\n", o.address, listener.endpoint().port());
    std::fflush(stdout);
    shared.io.run();
}

std::string check_loopback(const std::string& text) {
    error_code error;
    const auto address = asio::ip::make_address_v4(text, error);
    return !error && address.is_loopback() ? "" : text + " is no 127.x.y.z address";
}

} // namespace

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
