#include "resolver.hpp"

#include <cstring>
#include <utility>

namespace ladder::event_loop {

namespace {

addresses get_addresses(const std::string& host, const std::string& port, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* first = nullptr;
    auto result = std::make_shared<std::vector<address>>();
    if (getaddrinfo(host.c_str(), port.c_str(), &hints, &first) != 0) return result;
    for (const addrinfo* a = first; a != nullptr; a = a->ai_next) {
        address& one = result->emplace_back();
        one.size = a->ai_addrlen;
        std::memcpy(&one.bytes, a->ai_addr, a->ai_addrlen);
    }
    freeaddrinfo(first);
    return result;
}

} // namespace

resolver::~resolver() {
    for (std::jthread& thread : threads_)
        thread.request_stop();
    threads_.clear(); // which waits for them
}

addresses resolver::find(const std::string& host, const std::string& port,
                         on_found callback) {
    const auto [place, is_new] = known_.try_emplace(host + ' ' + port);
    entry& e = place->second;
    if (is_new) {
        auto literal = get_addresses(host, port, AI_NUMERICHOST | AI_NUMERICSERV);
        if (!literal->empty()) e.found = std::move(literal);
    }
    if (e.found) return e.found;
    e.waiting.push_back(std::move(callback));
    if (!is_new) return nullptr;
    {
        const std::lock_guard lock{mutex_};
        questions_.push_back({host, port});
        asked_.notify_one();
    }
    if (++unanswered_ > threads_.size() && threads_.size() < most_threads)
        threads_.emplace_back([this](const std::stop_token& stop) { look_up(stop); });
    return nullptr;
}

void resolver::look_up(const std::stop_token& stop) {
    for (;;) {
        question q;
        {
            std::unique_lock lock{mutex_};
            if (!asked_.wait(lock, stop, [&] { return !questions_.empty(); })) return;
            if (stop.stop_requested()) return;
            q = std::move(questions_.front());
            questions_.pop_front();
        }
        auto found = get_addresses(q.host, q.port, AI_NUMERICSERV); // blocks, here
        loop_.post([this, key = q.host + ' ' + q.port, found = std::move(found)] {
            answer(key, found);
        });
    }
}

void resolver::answer(const std::string& key, const addresses& found) {
    entry& e = known_.at(key); // which stays where it is, whatever the callbacks ask for
    e.found = found;
    --unanswered_;
    for (const auto& callback : std::exchange(e.waiting, {}))
        callback(found);
}

} // namespace ladder::event_loop
