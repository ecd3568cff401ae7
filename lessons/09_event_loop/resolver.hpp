#pragma once

#include "event_loop.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <netdb.h>
#include <sys/socket.h>

namespace ladder::event_loop {

/// Where to connect to.
struct address {
    sockaddr_storage bytes{};
    socklen_t size = 0;
};

/// All addresses of a host, in the order in which to try them; empty: it has none.
using addresses = std::shared_ptr<const std::vector<address>>;

/// Finds the addresses of hosts without keeping the loop from anything else. A literal
/// such as 127.0.0.1 or ::1 is read at once. A name goes to getaddrinfo(3), which blocks,
/// in threads of the resolver's own, so that one that nobody answers for does not keep
/// the others; what was found is kept, and that nothing was found as well. It does not
/// say why: a lookup for which there was no descriptor left has found nothing. Production
/// would ask again.
///
/// Of the thread of the loop. The destructor waits for the lookups under way, for
/// which there is no limit, and forgets the others; end it before the loop.
class resolver {
public:
    using on_found = std::function<void(const addresses&)>;

    explicit resolver(reactor& loop) : loop_(loop) {}

    ~resolver();
    resolver(const resolver&) = delete;
    resolver& operator=(const resolver&) = delete;

    /// The addresses if they are known. Otherwise null, and `callback` comes later, in
    /// the thread of the loop.
    addresses find(const std::string& host, const std::string& port, on_found callback);

private:
    struct question {
        std::string host, port;
    };

    struct entry {
        addresses found = {}; // null: not yet
        std::vector<on_found> waiting = {};
    };

    static constexpr std::size_t most_threads = 8;

    void look_up(const std::stop_token& stop); // in a thread
    void answer(const std::string& key, const addresses& found);

    reactor& loop_;
    std::unordered_map<std::string, entry> known_; // by "host port"

    std::mutex mutex_;
    std::condition_variable_any asked_;
    std::deque<question> questions_; // guarded by mutex_
    std::size_t unanswered_ = 0;
    std::vector<std::jthread> threads_; // as many as are asked for at the same time
};

} // namespace ladder::event_loop
