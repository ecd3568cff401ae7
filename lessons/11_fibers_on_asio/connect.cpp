#include "connect.hpp"

#include "no_lock.hpp"
#include "yield.hpp"

#include <boost/asio/error.hpp>
#include <boost/fiber/condition_variable.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

namespace ladder::fibers_on_asio {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

/// What the attempts at one host have in common. A handler of each holds it, so it stays
/// until the last of them has ended, which may be after `over`.
struct race {
    std::deque<tcp::socket> sockets;
    tcp::socket* winner = nullptr;
    std::size_t failures = 0;
    error_code error; ///< Of the last failure.
    bool over = false;
    boost::fibers::condition_variable_any changed;

    void ended(tcp::socket& socket, const error_code& e) {
        if (over || winner) return;
        if (e) {
            ++failures;
            error = e;
        } else {
            winner = &socket;
        }
        changed.notify_all();
    }
};

/// By turns, beginning with the family of the first one.
std::vector<tcp::endpoint> interleaved(std::vector<tcp::endpoint> addresses) {
    const bool first_is_v6 = addresses.front().address().is_v6();
    const auto others =
        std::stable_partition(addresses.begin(), addresses.end(), [&](const auto& a) {
            return a.address().is_v6() == first_is_v6;
        });
    std::vector<tcp::endpoint> mixed;
    auto a = addresses.begin();
    for (auto b = others; mixed.size() < addresses.size();) {
        if (a != others) mixed.push_back(*a++);
        if (b != addresses.end()) mixed.push_back(*b++);
    }
    return mixed;
}

error_code connect(tcp::socket& socket, const tcp::endpoint& address,
                   steady_clock::time_point deadline, const open_socket& open) {
    error_code e = open(socket, address);
    if (!e) socket.async_connect(address, yield.until(deadline)[e]);
    return e;
}

void start(const std::shared_ptr<race>& r, tcp::socket socket, const tcp::endpoint& to,
           const open_socket& open) {
    tcp::socket& mine = r->sockets.emplace_back(std::move(socket));
    if (const error_code e = open(mine, to)) return r->ended(mine, e);
    mine.async_connect(to, [r, &mine](const error_code& e) { r->ended(mine, e); });
}

} // namespace

error_code connect_to_first(tcp::socket& socket,
                            const std::vector<tcp::endpoint>& addresses,
                            steady_clock::time_point deadline, const open_socket& how) {
    const auto plainly = [](tcp::socket& s, const tcp::endpoint& to) {
        error_code e;
        return s.open(to.protocol(), e);
    };
    const open_socket open = how ? how : plainly;
    if (addresses.empty()) return asio::error::host_not_found;
    if (addresses.size() == 1) return connect(socket, addresses[0], deadline, open);

    const auto r = std::make_shared<race>();
    const auto order = interleaved(addresses);
    no_lock lock;
    for (std::size_t next = 0; !r->winner;) {
        if (next == order.size() && r->failures == next) break;
        if (steady_clock::now() >= deadline) {
            r->error = asio::error::timed_out;
            break;
        }
        const std::size_t failed = r->failures;
        if (next < order.size())
            start(r, tcp::socket{socket.get_executor()}, order[next++], open);
        // Each gets its turn, also when there is little time, or many of them.
        const auto now = steady_clock::now();
        const auto share =
            (deadline - now) / static_cast<std::int64_t>(order.size() - next + 1);
        const auto soon =
            now + std::min<steady_clock::duration>(next_address_after, share);
        if (failed < next)
            r->changed.wait_until(
                lock, next < order.size() ? std::min(soon, deadline) : deadline,
                [&] { return r->winner || r->failures > failed; });
    }
    r->over = true; // and the others are too late
    if (r->winner) socket = std::move(*r->winner);
    const error_code error = r->winner ? error_code{} : r->error;
    for (tcp::socket& s : r->sockets) {
        error_code ignored;
        s.close(ignored);
    }
    return error;
}

} // namespace ladder::fibers_on_asio
