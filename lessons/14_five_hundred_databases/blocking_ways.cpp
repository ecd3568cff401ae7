// The ways whose every call blocks: what waits is a process or a thread.

#include "mysql_client.hpp"
#include "process_pool/process_pool.hpp"
#include "processes/child_process.hpp"
#include "processes/pipe.hpp"
#include "ways.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <semaphore>
#include <sstream>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace ladder::five_hundred_databases {

namespace asio = boost::asio;
namespace mysql = boost::mysql;

namespace {

/// Connects, and has the kernel ask every second whether the host still knows of it: one
/// that dies just then may leave half a connection, and no call here has a timeout.
void connect(mysql::tcp_connection& connection, const asio::ip::tcp::endpoint& host,
             mysql::error_code& error) {
    connection.stream().connect(host, error);
    const int socket = connection.stream().native_handle(), on = 1, second = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &second, sizeof second);
    ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &second, sizeof second);
}

/// Asks one host, and says what went wrong. Nobody runs `io`: a blocking socket of Asio
/// needs one to belong to, and no more.
// [ask]
std::string ask(asio::io_context& io, const question& q, std::size_t number) {
    mysql::tcp_connection connection{io};
    mysql::diagnostics said;
    mysql::error_code error;
    connect(connection, endpoint_of(q, number), error);
    if (!error) connection.handshake(login(q), error, said);
    if (error) return describe(error, said);

    mysql::results results;
    connection.execute(q.query, results, error, said);
    const std::string problem = error ? describe(error, said) : check(results);
    connection.close(error, said); // says goodbye; without it the server counts an abort
    return problem.empty() ? describe(error, said) : problem;
}

// [/ask]

} // namespace

answers serial(const question& q) {
    asio::io_context io{1};
    answers all;
    for (std::size_t i = q.first; i < q.first + q.hosts; ++i)
        all.add(ask(io, q, i));
    return all;
}

answers processes(const question& q) {
    return in_processes(q, q.in_flight, serial);
}

answers process_pool(const question& q) {
    ladder::process_pool::process_pool<std::size_t, std::string> pool{
        [&q](std::size_t number) {
            asio::io_context io{1};
            return ask(io, q, number);
        },
        {.workers = std::min(q.in_flight, q.hosts)}};
    answers all;
    for (std::size_t i = q.first; i < q.first + q.hosts; ++i)
        pool.submit(i, [&all](const ladder::process_pool::result<std::string>& result) {
            all.add(result.ok() ? result.get() : result.error());
        });
    pool.join();
    return all;
}

answers threads(const question& q) {
    asio::io_context io;
    answers all;
    std::mutex mutex;
    std::counting_semaphore<> free{static_cast<std::ptrdiff_t>(q.in_flight)};
    std::vector<std::jthread> threads;
    for (std::size_t i = q.first; i < q.first + q.hosts; ++i) {
        free.acquire();
        threads.emplace_back([&, i] {
            const std::string error = ask(io, q, i);
            const std::lock_guard lock{mutex};
            all.add(error);
            free.release();
        });
    }
    threads.clear(); // joins them
    return all;
}

answers thread_pool(const question& q) {
    asio::io_context io;
    answers all;
    std::mutex mutex;
    asio::thread_pool pool{std::min(q.in_flight, q.hosts)};
    for (std::size_t i = q.first; i < q.first + q.hosts; ++i)
        asio::post(pool, [&, i] {
            const std::string error = ask(io, q, i);
            const std::lock_guard lock{mutex};
            all.add(error);
        });
    pool.join();
    return all;
}

answers in_processes(const question& q, std::size_t count,
                     answers (*ask_share)(const question&)) {
    count = std::clamp<std::size_t>(count, 1, std::max<std::size_t>(q.hosts, 1));
    processes::pipe_ends results = processes::make_pipe();

    struct part {
        processes::child_process process;
        std::size_t hosts;
    };

    std::vector<part> parts;
    for (std::size_t i = 0; i < count; ++i) {
        question share = q; // neither gap nor overlap: rung 02
        share.first = q.first + q.hosts * i / count;
        share.hosts = q.first + q.hosts * (i + 1) / count - share.first;
        share.in_flight = std::max<std::size_t>(
            q.in_flight * (i + 1) / count - q.in_flight * i / count, 1);
        const auto ask = [&, share] {
            const answers mine = ask_share(share);
            std::string lines = fmt::format("{}\n", mine.good);
            for (const auto& [error, times] : mine.errors)
                lines += fmt::format("{} {}\n", times, error);
            // One write: what is no longer than PIPE_BUF stays together (pipe(7)).
            return processes::write_all(results.write.get(), lines) ? 1 : 0;
        };
        parts.push_back({processes::child_process::fork(ask, {.die_with_parent = true}),
                         share.hosts});
    }
    results.write.reset(); // now the stream ends when the last of them has ended

    answers all;
    std::istringstream lines{processes::read_all(results.read.get())};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::size_t times = 0;
        std::string error;
        words >> times >> std::ws;
        std::getline(words, error);
        (error.empty() ? all.good : all.errors[error]) += times;
    }
    for (part& one : parts)
        if (const auto status = one.process.wait(); !status.success())
            all.errors["its process " + processes::describe(status)] += one.hosts;
    return all;
}

} // namespace ladder::five_hundred_databases
