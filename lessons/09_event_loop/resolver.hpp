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
/// in a thread of the resolver's own, one at a time; what was found is kept, and that
/// nothing was found as well. It does not say why: a lookup for which there was no
/// descriptor left has found nothing. Production would ask again, and in several threads.
///
/// Of the thread of the loop. The destructor waits for the lookup that is under way, for
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

    void look_up(const std::stop_token& stop); // in the thread
    void answer(const std::string& key, const addresses& found);

    reactor& loop_;
    std::unordered_map<std::string, entry> known_; // by "host port"

    std::mutex mutex_;
    std::condition_variable_any asked_;
    std::deque<question> questions_; // guarded by mutex_
    std::jthread thread_;            // begins with the first name
};

} // namespace ladder::event_loop
