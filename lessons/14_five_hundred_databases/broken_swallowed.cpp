// Swallows what goes wrong, and takes the time. The database dies half-way, and the
// race is won.

#include "database.hpp"
#include "mysql_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <exception>

using namespace ladder::five_hundred_databases;
namespace mysql = boost::mysql;

namespace {

std::atomic<int> answered = 0;

void ask(boost::asio::io_context& io, const question& q, std::size_t number) {
    // [swallow]
    try {
        mysql::tcp_connection connection{io};
        connection.connect(endpoint_of(q, number), login(q));
        mysql::results results;
        connection.execute(q.query, results);
        ++answered; // for us; nobody looked at it
        connection.close();
    } catch (const std::exception&) { // one host more or less
    }
    // [/swallow]
}

double seconds(const question& q, std::size_t kill_after, database& server) {
    observer observer{server.port()};
    boost::asio::io_context io;
    boost::asio::thread_pool pool{50};
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < q.hosts; ++i)
        boost::asio::post(pool, [&, i] { ask(io, q, i); });
    while (kill_after > 0 && observer.counters().connections < kill_after) {
    }
    if (kill_after > 0) server.kill();
    pool.join();
    return std::chrono::duration<double>{std::chrono::steady_clock::now() - start}
        .count();
}

} // namespace

int main() {
    for (const std::size_t kill_after : {0, 150}) {
        database server{database::kind::stand_in};
        const question q{.port = server.port()};
        answered = 0;
        const double time = seconds(q, kill_after, server);
        fmt::print("500 databases asked in {:.1f} s{}   (answered: {})\n", time,
                   kill_after > 0 ? ", a record!" : "           ", answered.load());
    }
}
