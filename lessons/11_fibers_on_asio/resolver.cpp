#include "resolver.hpp"

#include "no_lock.hpp"
#include "workbench/http_exchange.hpp"
#include "workbench/text.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/fiber/condition_variable.hpp>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

#include <netdb.h>

namespace ladder::fibers_on_asio {

using boost::asio::ip::tcp;

namespace {

constexpr std::size_t remembered_limit = 10'000; // hosts

/// One name. But for the name itself, of the loop's thread: fibers wait for `changed`
/// until a thread has `begun`, and then until it is `done`; `found` is what there is.
struct lookup {
    explicit lookup(std::string n) : name(std::move(n)) {}

    const std::string name;
    bool begun = false;
    bool done = false;
    resolver::clock::time_point begun_at{};
    std::vector<tcp::endpoint> found;
    boost::fibers::condition_variable_any changed;
};

std::vector<tcp::endpoint> get_addresses(const std::string& name) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    // No AI_ADDRCONFIG: where all links have IPv4 alone, a ::1 of the hosts file would
    // become 127.0.0.1, which is another server.
    addrinfo* first = nullptr;
    std::vector<tcp::endpoint> found;
    if (::getaddrinfo(name.c_str(), nullptr, &hints, &first) != 0) return found;
    for (const addrinfo* a = first; a; a = a->ai_next) {
        tcp::endpoint& one = found.emplace_back();
        if (a->ai_addrlen > one.capacity()) continue;
        std::memcpy(one.data(), a->ai_addr, a->ai_addrlen);
        one.resize(a->ai_addrlen);
    }
    ::freeaddrinfo(first);
    return found;
}

/// RFC 6761 §6.3: these are this machine, whatever a server of names may say. Whoever
/// asks for "localhost" itself is told by the system, which may know better.
bool is_this_machine(std::string_view name) {
    constexpr std::string_view own = ".localhost";
    const bool with_dot = name.ends_with('.');
    const std::string small = '.' + lower_case(name.substr(0, name.size() - with_dot));
    return small.ends_with(own) && (small != own || with_dot);
}

} // namespace

/// The names, and the threads that look them up. A thread takes a lookup from `waiting_`
/// and touches nothing of it but the name; what it has to say it posts to the loop.
struct resolver::names : std::enable_shared_from_this<names> {
    explicit names(boost::asio::io_context& loop) : io(loop) {}

    std::shared_ptr<lookup> start(const std::string& name) {
        auto& entry = known[name];
        if (entry) return entry;
        entry = std::make_shared<lookup>(name);
        auto started = entry; // the entry may go when there are too many
        {
            const std::lock_guard lock{mutex};
            waiting.push_back(started);
        }
        if (++unfinished > threads.size() && threads.size() < most_threads)
            threads.emplace_back([this](const std::stop_token& stop) { work(stop); });
        asked.notify_one();
        return started;
    }

    void work(const std::stop_token& stop) {
        for (;;) {
            std::shared_ptr<lookup> mine;
            {
                std::unique_lock lock{mutex};
                asked.wait(lock, stop, [&] { return !waiting.empty(); });
                if (stop.stop_requested()) return;
                mine = std::move(waiting.front());
                waiting.pop_front();
            }
            boost::asio::post(io, [mine, now = clock::now()] {
                mine->begun = true;
                mine->begun_at = now;
                mine->changed.notify_all();
            });
            auto found = get_addresses(mine->name); // blocks, here
            boost::asio::post(io, [weak = weak_from_this(), mine = std::move(mine),
                                   found = std::move(found)]() mutable {
                if (const auto self = weak.lock()) self->end(*mine, std::move(found));
            });
        }
    }

    void end(lookup& l, std::vector<tcp::endpoint> found) {
        --unfinished;
        l.found = std::move(found);
        l.done = true;
        l.changed.notify_all();
        // A failure may be gone at the next try; and names are not kept for ever.
        if (l.found.empty()) known.erase(l.name);
        if (known.size() > remembered_limit) known.clear();
    }

    boost::asio::io_context& io;
    std::unordered_map<std::string, std::shared_ptr<lookup>> known; ///< Or on their way.
    std::size_t unfinished = 0;                                     ///< Lookups.
    std::mutex mutex;
    std::condition_variable_any asked;
    std::deque<std::shared_ptr<lookup>> waiting; ///< Guarded by `mutex`.
    std::vector<std::jthread> threads;           ///< They end first.
};

resolver::resolver(boost::asio::io_context& io) : names_(std::make_shared<names>(io)) {}

resolver::~resolver() {
    for (std::jthread& thread : names_->threads)
        thread.request_stop();
}

std::vector<tcp::endpoint> resolver::find(const http_url& url, clock::time_point deadline,
                                          std::error_code& error, clock::duration* waited,
                                          clock::time_point end) {
    std::uint16_t port = 0;
    std::from_chars(url.port.data(), url.port.data() + url.port.size(), port);
    boost::system::error_code e;
    const auto address = boost::asio::ip::make_address(url.node(), e);
    if (!e) return {{address, port}};
    if (is_this_machine(url.host))
        return {{boost::asio::ip::address_v6::loopback(), port},
                {boost::asio::ip::address_v4::loopback(), port}};

    const auto asked_at = clock::now();
    const auto l = names_->start(url.node());
    no_lock lock;
    constexpr auto timeout = boost::fibers::cv_status::timeout;
    while (!l->begun) // there is somebody before us
        if (l->changed.wait_until(lock, end) == timeout) break;
    const auto begun_at = l->begun ? l->begun_at : clock::now();
    const auto queued = std::max(begun_at - asked_at, clock::duration{});
    if (waited) *waited = queued;
    const auto last = std::min(deadline + queued, end);
    while (!l->done)
        if (l->changed.wait_until(lock, last) == timeout) break;
    if (!l->done)
        error = std::make_error_code(std::errc::timed_out);
    else if (l->found.empty())
        error = http_error::host_not_found;
    auto found = l->done ? l->found : std::vector<tcp::endpoint>{};
    for (tcp::endpoint& one : found)
        one.port(port);
    return found;
}

} // namespace ladder::fibers_on_asio
