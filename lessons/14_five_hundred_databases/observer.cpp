#include "database.hpp"
#include "mysql_client.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace ladder::five_hundred_databases {

namespace mysql = boost::mysql;

struct observer::connection {
    boost::asio::io_context io{1};
    mysql::tcp_connection to{io};

    mysql::results ask(std::string_view query) {
        mysql::results results;
        mysql::diagnostics said;
        mysql::error_code error;
        to.execute(query, results, error, said);
        if (error)
            throw std::runtime_error{
                fmt::format("the database: {}", describe(error, said))};
        return results;
    }
};

observer::observer(std::uint16_t port) : connection_(std::make_unique<connection>()) {
    const question q{.port = port};
    mysql::diagnostics said;
    mysql::error_code error;
    connection_->to.connect(endpoint_of(q, 0), login(q), error, said);
    if (error)
        throw std::runtime_error{fmt::format("the database: {}", describe(error, said))};
}

observer::~observer() {
    mysql::diagnostics said;
    mysql::error_code error;
    connection_->to.close(error, said);
}

void observer::reset() {
    connection_->ask("flush status");
}

server_counters observer::counters() {
    const auto results = connection_->ask(
        "show global status where Variable_name in ('Connections', 'Threads_connected', "
        "'Max_used_connections', 'Aborted_clients', 'Aborted_connects')");
    server_counters now;
    for (const auto row : results.rows()) {
        const std::string name{row.at(0).as_string()};
        const auto value = std::stoull(std::string{row.at(1).as_string()});
        if (name == "Connections") now.connections = value;
        if (name == "Threads_connected") now.threads_connected = value - 1;
        if (name == "Max_used_connections") now.max_used_connections = value - 1;
        if (name == "Aborted_clients") now.aborted_clients = value;
        if (name == "Aborted_connects") now.aborted_connects = value;
    }
    return now;
}

server_counters observer::counters_when_quiet() {
    using namespace std::chrono;
    const auto end = steady_clock::now() + 5s;
    server_counters now = counters();
    while (now.threads_connected > 0 && steady_clock::now() < end) {
        std::this_thread::sleep_for(2ms); // leaves the core to those we wait for
        now = counters();
    }
    return now;
}

} // namespace ladder::five_hundred_databases
