// stand_in_database: where no MariaDB is at hand. It listens on the same five hundred
// addresses, speaks just enough of the protocol over plain TCP, sleeps as long as it is
// told, and counts connections as MariaDB does. It is no database: it does nothing else.

#include "question.hpp"
#include "stand_in_protocol.hpp"
#include "workbench/machine_limits.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;
using namespace ladder::five_hundred_databases;

namespace {

/// Named as in MariaDB's SHOW GLOBAL STATUS.
struct counters {
    std::uint64_t connections = 0;
    std::uint64_t threads_connected = 0;
    std::uint64_t max_used_connections = 0;
    std::uint64_t aborted_connects = 0; ///< Gone before they had logged in.
    std::uint64_t aborted_clients = 0;  ///< Gone without saying goodbye.
    std::uint64_t questions = 0;
};

/// Lets nobody pass before so many wait: "select gate(20)". For tests, which then need no
/// clock to know how many asked at the same time.
class gate {
public:
    asio::awaitable<void> pass(std::size_t count) {
        asio::steady_timer here{co_await asio::this_coro::executor,
                                asio::steady_timer::time_point::max()};
        waiting_.push_back(&here);
        if (waiting_.size() >= count)
            for (asio::steady_timer* one : std::exchange(waiting_, {}))
                one->cancel();
        else
            co_await here.async_wait(asio::as_tuple(use_awaitable));
    }

private:
    std::vector<asio::steady_timer*> waiting_; // of those who wait
};

/// How far a client came before it was gone.
enum class stage { connected, logged_in, said_goodbye };

std::vector<std::vector<std::string>> table(const counters& now) {
    return {{"Aborted_clients", std::to_string(now.aborted_clients)},
            {"Aborted_connects", std::to_string(now.aborted_connects)},
            {"Connections", std::to_string(now.connections)},
            {"Max_used_connections", std::to_string(now.max_used_connections)},
            {"Questions", std::to_string(now.questions)},
            {"Threads_connected", std::to_string(now.threads_connected)}};
}

asio::awaitable<std::string> read_packet(tcp::socket& socket) {
    std::string header(4, '\0');
    co_await asio::async_read(socket, asio::buffer(header), use_awaitable);
    std::string payload(std::min<std::size_t>(protocol::payload_size(header), 1 << 20),
                        '\0');
    co_await asio::async_read(socket, asio::buffer(payload), use_awaitable);
    co_return payload;
}

/// "select sleep(0.1)", in any case; -1: something else.
double seconds_to_sleep(const std::string& query) {
    double seconds = -1;
    std::sscanf(query.c_str(), "%*[sS]%*[elctELCT] %*[slepSLEP](%lf)", &seconds);
    return seconds;
}

asio::awaitable<std::string> answer(tcp::socket& socket, const std::string& query,
                                    bool deprecate_eof, counters& seen) {
    static gate all;
    if (std::size_t count = 0;
        std::sscanf(query.c_str(), "select gate(%zu)", &count) == 1) {
        co_await all.pass(count);
        co_return protocol::rows(1, deprecate_eof, {"gate"}, {{"0"}});
    }
    if (const double seconds = seconds_to_sleep(query); seconds >= 0) {
        asio::steady_timer timer{socket.get_executor()};
        timer.expires_after(
            std::chrono::microseconds{static_cast<std::int64_t>(seconds * 1e6)});
        co_await timer.async_wait(use_awaitable);
        co_return protocol::rows(1, deprecate_eof, {query.substr(7)}, {{"0"}});
    }
    if (query.starts_with("show global status"))
        co_return protocol::rows(1, deprecate_eof, {"Variable_name", "Value"},
                                 table(seen));
    if (query == "flush status") {
        seen.max_used_connections = seen.threads_connected;
        seen.aborted_clients = seen.aborted_connects = 0;
        co_return protocol::packet(1, protocol::ok());
    }
    if (query == "select version()")
        co_return protocol::rows(1, deprecate_eof, {"version()"}, {{"stand-in"}});
    if (query.starts_with("SET ") || query.starts_with("set "))
        co_return protocol::packet(1, protocol::ok());
    co_return protocol::packet(
        1, protocol::error(1064, "42000", "this is a stand-in: it can only sleep"));
}

asio::awaitable<void> talk(tcp::socket& socket, counters& seen, stage& reached) {
    const auto id = static_cast<std::uint32_t>(seen.connections);
    co_await asio::async_write(
        socket, asio::buffer(protocol::packet(0, protocol::greeting(id))), use_awaitable);
    const auto login = protocol::parse_login(co_await read_packet(socket));
    if (!login.valid || login.user != "ladder") {
        const auto refusal = protocol::error(
            1045, "28000", fmt::format("Access denied for user '{}'", login.user));
        co_await asio::async_write(socket, asio::buffer(protocol::packet(2, refusal)),
                                   use_awaitable);
        co_return;
    }
    co_await asio::async_write(socket, asio::buffer(protocol::packet(2, protocol::ok())),
                               use_awaitable);
    reached = stage::logged_in;
    for (;;) {
        const std::string command = co_await read_packet(socket);
        constexpr char quit = 1, query = 3;
        if (command.empty()) co_return;
        if (command[0] == quit) reached = stage::said_goodbye;
        if (command[0] != query) co_return;
        ++seen.questions;
        const std::string bytes =
            co_await answer(socket, command.substr(1), login.deprecate_eof, seen);
        co_await asio::async_write(socket, asio::buffer(bytes), use_awaitable);
    }
}

asio::awaitable<void> serve(tcp::socket socket, counters& seen) {
    ++seen.connections;
    ++seen.threads_connected;
    seen.max_used_connections =
        std::max(seen.max_used_connections, seen.threads_connected);
    stage reached = stage::connected;
    try {
        co_await talk(socket, seen, reached);
    } catch (const boost::system::system_error&) { // the client is gone
    }
    seen.aborted_connects += reached == stage::connected;
    seen.aborted_clients += reached == stage::logged_in;
    --seen.threads_connected;
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, counters& seen) {
    for (;;) {
        auto socket = co_await acceptor.async_accept(use_awaitable);
        asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), seen),
                       asio::detached);
    }
}

/// On all addresses; the first chooses the port, and if another address lacks it, once
/// more.
std::list<tcp::acceptor> listen(asio::io_context& io, std::size_t hosts) {
    for (int tries = 0;; ++tries) {
        std::list<tcp::acceptor> result;
        std::uint16_t port = 0;
        try {
            for (std::size_t i = 0; i < hosts; ++i) {
                result.emplace_back(io,
                                    tcp::endpoint{asio::ip::make_address(host(i)), port});
                port = result.back().local_endpoint().port();
            }
            return result;
        } catch (const boost::system::system_error& error) {
            if (error.code() != asio::error::address_in_use || tries == 20) throw;
        }
    }
}

} // namespace

int main(int argc, char**) try {
    if (argc > 1) {
        fmt::print(stderr,
                   "stand_in_database takes no arguments; it ends with its input\n");
        return 2;
    }
    ladder::raise_descriptor_limit();

    asio::io_context io{1};
    counters seen;
    auto acceptors = listen(io, all_hosts);
    for (tcp::acceptor& acceptor : acceptors)
        asio::co_spawn(io, accept(acceptor, seen), asio::detached);

    asio::posix::stream_descriptor life_line{io, STDIN_FILENO};
    char byte = 0;
    life_line.async_read_some(asio::buffer(&byte, 1),
                              [&](const boost::system::error_code&, std::size_t) {
                                  io.stop(); // its owner is gone
                              });
    fmt::print("ready: port {}, pid {}, stand-in\n",
               acceptors.front().local_endpoint().port(), ::getpid());
    std::fflush(stdout);
    io.run();
    return 0;
} catch (const std::exception& error) {
    fmt::print("stand_in_database: {}\n", error.what());
    return 1;
}
