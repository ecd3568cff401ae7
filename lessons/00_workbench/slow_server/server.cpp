#include "server.hpp"

#include "connection.hpp"
#include "workbench/machine_limits.hpp"

#include <boost/asio/basic_signal_set.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include <unistd.h>

namespace ladder::server {

using asio::ip::tcp;

namespace {

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
    asio::basic_socket_acceptor<tcp, executor> acceptor_;
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
    asio::posix::basic_stream_descriptor<executor> input_;
    std::array<char, 256> ignored_;
};

} // namespace

void serve(const options& o) {
    raise_descriptor_limit();
    shared_state shared;
    asio::basic_signal_set<executor> signals{shared.io, SIGINT, SIGTERM};
    signals.async_wait([&](const error_code&, int) { shared.io.stop(); });
    const listener listener{shared, {asio::ip::make_address(o.address), o.port}};
    std::optional<life_line> line;
    if (o.until_eof) line.emplace(shared);

    fmt::print("listening on http://{}:{}\n", o.address, listener.endpoint().port());
    std::fflush(stdout);
    shared.io.run();
}

std::string check_loopback(const std::string& text) {
    error_code error;
    const auto address = asio::ip::make_address_v4(text, error);
    return !error && address.is_loopback() ? "" : text + " is no 127.x.y.z address";
}

} // namespace ladder::server
