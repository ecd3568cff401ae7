#include "sql.hpp"

#include "fibers_on_asio/yield.hpp"
#include "sql_answer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/mysql/error_categories.hpp>
#include <boost/mysql/handshake_params.hpp>
#include <boost/mysql/results.hpp>
#include <boost/mysql/statement.hpp>
#include <boost/mysql/tcp_ssl.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

namespace ladder::beyond_one_machine {

namespace asio = boost::asio;
namespace mysql = boost::mysql;
using fibers_on_asio::yield;
using std::chrono::steady_clock;

namespace {

/// Errors after which the same again may work: the row was somebody else's (1205, 1213;
/// 1020 from MariaDB 11.6 on; a certification of Galera says 1213, too).
constexpr std::array collisions{1205, 1213, 1020};

/// Errors of a server that will answer nothing for now: full, shutting down, a node of
/// Galera without its cluster, a read-only one. Its neighbour may.
constexpr std::array not_this_one{1040, 1047, 1053, 1290, 1836};

/// Errors in the middle of something whose end nobody knows: a commit, a storage engine
/// whose node just lost its cluster, a query or a connection that somebody ended.
constexpr std::array unknown_end{1030, 1152, 1180, 1184, 1317, 1927};

sql_error::kind kind_of(const mysql::error_code& error) {
    const auto among = [&](const auto& numbers) {
        return std::ranges::find(numbers, error.value()) != numbers.end();
    };
    const bool servers = error.category() == mysql::get_common_server_category() ||
                         error.category() == mysql::get_mariadb_server_category();
    if (!servers || among(not_this_one) || among(unknown_end))
        return sql_error::kind::lost;
    return among(collisions) ? sql_error::kind::collision : sql_error::kind::refused;
}

/// `where` is named when it is not clear.
void check(const mysql::error_code& error, const mysql::diagnostics& said,
           const std::string& where = {}) {
    if (!error) return;
    const auto words = said.server_message();
    throw sql_error{kind_of(error),
                    where + (words.empty() ? error.message() : std::string{words})};
}

std::string name_of(const queue_address::host& host) {
    const bool v6 = host.name.find(':') != host.name.npos;
    return fmt::format("{}{}{}:{}", v6 ? "[" : "", host.name, v6 ? "]" : "", host.port);
}

/// Certificates of a file. What OpenSSL says names no file.
void trust(asio::ssl::context& tls, const std::string& file) {
    boost::system::error_code error;
    tls.load_verify_file(file, error);
    if (!error) return;
    const bool unread = error.category() == boost::system::system_category();
    throw std::invalid_argument{fmt::format(
        "ca={}: {}", file, unread ? error.message() : "there is no certificate in it")};
}

} // namespace

/// A connection with the statements that were prepared on it. `broken` from any error
/// after which nobody knows what the server would say next.
struct connection {
    connection(asio::io_context& io, asio::ssl::context& tls) : stream(io, tls) {}

    mysql::tcp_ssl_connection stream;
    std::map<std::string, mysql::statement, std::less<>> prepared;
};

struct sql::state {
    state(asio::io_context& c, queue_address a, settings s)
        : io(c),
          where(std::move(a)),
          set(std::move(s)),
          pause(c) {
        if (where.tls != queue_address::encryption::safe) return;
        tls.set_verify_mode(asio::ssl::verify_peer);
        trust(tls, where.certificates);
    }

    auto until() const { return yield.until(steady_clock::now() + set.answer); }

    /// A name may have several addresses, and not at all of them somebody listens.
    void connect() {
        const auto& host = where.hosts[next_host % where.hosts.size()];
        const std::string name = fmt::format("{}: ", name_of(host));
        if (where.tls == queue_address::encryption::safe)
            tls.set_verify_callback(asio::ssl::host_name_verification{host.name});
        mysql::error_code error;
        mysql::diagnostics said;
        for (const auto& endpoint : find(host, name)) {
            now = connect_to(endpoint, error, said);
            if (!error || kind_of(error) != sql_error::kind::lost) break;
        }
        if (error) now.reset();
        check(error, said, name);
    }

    std::unique_ptr<connection> connect_to(const asio::ip::tcp::endpoint& endpoint,
                                           mysql::error_code& error,
                                           mysql::diagnostics& said) {
        auto fresh = std::make_unique<connection>(io, tls);
        const mysql::handshake_params login{where.user, where.password, where.database,
                                            mysql::handshake_params::default_collation,
                                            where.tls == queue_address::encryption::off
                                                ? mysql::ssl_mode::disable
                                                : mysql::ssl_mode::require};
        fresh->stream.async_connect(endpoint, login, said, until()[error]);
        const auto tell = [&](std::string_view statement) {
            mysql::results ignored;
            fresh->stream.async_execute(statement, ignored, said, until()[error]);
        };
        if (!error) tell("set session transaction isolation level read committed");
        if (!error) tell(limits());
        if (!error) catch_up(tell, error);
        return fresh;
    }

    /// A machine whose network goes in the middle of a transaction has locked what it
    /// changed, so nobody can let its leases expire; and the server would wait for it for
    /// hours. So the server ends a transaction of ours when we are silent for longer than
    /// we would wait ourselves. (Only MariaDB can; to others it is a comment.)
    std::string limits() const {
        return fmt::format("set session innodb_lock_wait_timeout = 3"
                           " /*M! , idle_transaction_timeout = {} */",
                           std::chrono::ceil<std::chrono::seconds>(set.answer).count());
    }

    /// A node of Galera may not have done yet what another one has committed, which we
    /// were told there. So the first thing on a connection waits until it has: otherwise
    /// a batch that is ours might not look so. (Others do not know the variable.)
    template <class Tell>
    static void catch_up(const Tell& tell, mysql::error_code& error) {
        constexpr int unknown_variable = 1193;
        tell("set session wsrep_sync_wait = 1");
        if (!error) tell("select count(*) from information_schema.schemata");
        if (!error) tell("set session wsrep_sync_wait = 0");
        if (error.value() == unknown_variable) error = {};
    }

    std::vector<asio::ip::tcp::endpoint> find(const queue_address::host& host,
                                              const std::string& name) {
        mysql::error_code error;
        const auto address = asio::ip::make_address(host.name, error);
        if (!error) return {{address, host.port}};
        asio::ip::tcp::resolver resolver{io};
        const auto found =
            resolver.async_resolve(host.name, std::to_string(host.port), until()[error]);
        if (error) throw sql_error{sql_error::kind::lost, name + error.message()};
        return {found.begin(), found.end()};
    }

    sql_answer execute(std::string_view statement, std::initializer_list<value> values) {
        mysql::error_code error;
        mysql::diagnostics said;
        mysql::results results;
        if (values.size() == 0) {
            now->stream.async_execute(statement, results, said, until()[error]);
        } else {
            auto known = now->prepared.find(statement);
            if (known == now->prepared.end()) {
                const mysql::statement made =
                    now->stream.async_prepare_statement(statement, said, until()[error]);
                check(error, said);
                known = now->prepared.emplace(statement, made).first;
            }
            std::vector<mysql::field_view> fields;
            for (const value& v : values)
                std::visit([&](auto each) { fields.emplace_back(each); }, v);
            now->stream.async_execute(known->second.bind(fields.begin(), fields.end()),
                                      results, said, until()[error]);
        }
        check(error, said);
        return answer_of(results);
    }

    /// Nobody waits in a catch block: what it was is kept, and thought about later.
    std::optional<sql_error> attempt(const std::function<void(const run&, bool)>& body,
                                     bool again) {
        try {
            if (!now) connect();
            body([this](auto statement,
                        auto values) { return execute(statement, values); },
                 again);
            return {};
        } catch (const sql_error& error) {
            return error;
        } catch (...) {
            now.reset(); // in the middle of whatever it was
            throw;
        }
    }

    void wait(std::chrono::milliseconds time) {
        boost::system::error_code ignored;
        pause.expires_after(time);
        pause.async_wait(yield[ignored]);
    }

    asio::io_context& io;
    queue_address where;
    settings set;
    asio::ssl::context tls{asio::ssl::context::tls_client};
    asio::steady_timer pause;
    std::unique_ptr<connection> now; ///< None: it is broken, or was never there.
    std::size_t next_host = 0;
    /// Until there was an answer at all, it may be that there is none to wait for.
    std::chrono::milliseconds patience_at_first{10'000};
    boost::fibers::mutex turn;
};

sql::sql(boost::asio::io_context& io, queue_address where, settings s)
    : state_(std::make_unique<state>(io, std::move(where), std::move(s))) {}

sql::sql(boost::asio::io_context& io, queue_address where)
    : sql(io, std::move(where), settings{}) {}

sql::~sql() {
    if (!state_->now || std::uncaught_exceptions() > 0) return; // nobody waits there
    try {
        mysql::error_code ignored;
        mysql::diagnostics said;
        state_->now->stream.async_close(said, state_->until()[ignored]);
    } catch (const std::exception&) { // nobody to say goodbye to
    }
}

void sql::hurry(std::chrono::milliseconds patience) {
    state_->set.patience = std::min(state_->set.patience, patience);
}

void sql::step(const std::function<void(const run&, bool)>& body) {
    using namespace std::chrono_literals;
    state& s = *state_;
    const std::lock_guard my_turn{s.turn};
    auto last_answer = steady_clock::now();
    std::chrono::milliseconds pause = 10ms;
    std::size_t lost = 0;
    for (bool again = false;; again = true) {
        const auto error = s.attempt(body, again);
        if (!error) {
            s.patience_at_first = s.patience_at_first.max();
            return;
        }
        if (error->what_kind == sql_error::kind::refused) {
            s.now.reset(); // in the middle of whatever it was
            throw *error;
        }
        if (error->what_kind == sql_error::kind::lost) {
            s.now.reset();
            ++s.next_host;
            const auto patience = std::min(s.set.patience, s.patience_at_first);
            if (steady_clock::now() - last_answer > patience) throw *error;
            if (++lost == s.where.hosts.size() && s.set.complain) // all were asked
                s.set.complain(error->what());
        }
        s.wait(pause);
        pause = std::min(2 * pause, std::chrono::milliseconds{1s});
    }
}

sql_answer sql::ask(std::string_view statement, std::initializer_list<value> values) {
    sql_answer answer;
    step([&](const run& run, bool) { answer = run(statement, values); });
    return answer;
}

void sql::transaction(const std::function<bool(const run&, bool)>& body) {
    step([&](const run& run, bool again) {
        if (again) run("rollback", {}); // of a collision
        run("begin", {});
        run(body(run, again) ? "commit" : "rollback", {});
    });
}

} // namespace ladder::beyond_one_machine
