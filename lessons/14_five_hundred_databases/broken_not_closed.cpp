// Drops its connections instead of closing them: the answers are all there, and nobody
// says goodbye. The server shows it.

#include "database.hpp"
#include "mysql_client.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <memory>
#include <vector>

using namespace ladder::five_hundred_databases;
namespace mysql = boost::mysql;

namespace {

// [ask]
std::unique_ptr<mysql::tcp_connection> ask(boost::asio::io_context& io, const question& q,
                                           std::size_t number) {
    auto connection = std::make_unique<mysql::tcp_connection>(io);
    connection->connect(endpoint_of(q, number), login(q));
    mysql::results results;
    connection->execute(q.query, results);
    return connection; // "the destructor will close it"
}

// [/ask]

} // namespace

int main() {
    const database server{database::kind::stand_in};
    const question q{.port = server.port(), .hosts = 100, .query = "select sleep(0.001)"};
    observer observer{server.port()};

    boost::asio::io_context io{1};
    std::vector<std::unique_ptr<mysql::tcp_connection>> kept;
    for (std::size_t i = 0; i < q.hosts; ++i)
        kept.push_back(ask(io, q, i));
    fmt::print("{} answers\n", kept.size());
    fmt::print("the server: {} connections are open\n",
               observer.counters().threads_connected);
    kept.clear();
    const auto seen = observer.counters_when_quiet();
    fmt::print("the server: {} clients are gone without a goodbye\n",
               seen.aborted_clients);
}
