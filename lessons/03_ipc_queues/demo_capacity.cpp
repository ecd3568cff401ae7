// How much fits into a channel, and who waits when it is full.

#include "message_channel.hpp"
#include "owned_name.hpp"
#include "processes/child_process.hpp"
#include "shared_memory.hpp"
#include "spsc_ring.hpp"
#include "workbench/timeline.hpp"

#include <boost/interprocess/ipc/message_queue.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace ladder::ipc_queues {

using boost::interprocess::create_only;
using boost::interprocess::message_queue;
using namespace std::chrono_literals;
using processes::child_process;

namespace {

struct message {
    std::array<char, 64> bytes{};
};

constexpr std::size_t queue_capacity = 16;
using ring = spsc_ring<message, queue_capacity>;

/// How many fit when nobody takes any out.
template <class TrySend>
void fill(std::string_view what, TrySend try_send) {
    std::size_t sent = 0;
    while (try_send(message{}))
        ++sent;
    fmt::print("{:<18} full after {:>4} messages of {} bytes\n", what, sent,
               sizeof(message));
}

void fill_channel(std::string_view what, const message_channel& end) {
    ::fcntl(end.descriptor(), F_SETFL, O_NONBLOCK); // an error instead of a wait
    fill(what, [&](const message& m) {
        return ::write(end.descriptor(), &m, sizeof m) == sizeof m;
    });
}

/// The reader takes 20 ms for each message. How far does the writer get ahead of it?
template <std::size_t Capacity>
void run_ahead() {
    struct state {
        ring_queue<int, Capacity> queue;
        std::atomic<int> taken{0}, lead{0};
    };

    const shared<state> s;
    const timeline::recording recording;
    auto reader = child_process::fork([&] {
        while (s->queue.receive()) {
            const timeline::span work{timeline::kind::runs, "read"};
            std::this_thread::sleep_for(20ms); // stands for work
            ++s->taken;
        }
        return 0;
    });
    for (int i = 1; i <= 16; ++i) {
        const timeline::span wait{timeline::kind::waits, fmt::format("send {}", i)};
        s->queue.send(i);
        s->lead = std::max<int>(s->lead, i - s->taken);
    }
    s->queue.close();
    reader.wait();
    fmt::print("\nroom for {}: the writer was {} messages ahead, never more\n{}",
               Capacity, s->lead.load(), timeline::draw_terminal(recording.intervals()));
}

} // namespace

int show_capacity() {
    auto [pipe_out, pipe_in] = message_channel::pipe();
    fill_channel("pipe", pipe_in);
    auto [left, right] = message_channel::socket_pair();
    fill_channel("socketpair", left);
    const owned_name name{"capacity"};
    message_queue queue{create_only, name.c_str(), queue_capacity, sizeof(message)};
    fill("message_queue", [&](const message& m) {
        return queue.try_send(&m, sizeof m, /* priority */ 0);
    });
    ring places;
    fill("lock-free ring", [&](const message& m) { return places.try_push(m); });

    run_ahead<2>();
    run_ahead<8>();
    return 0;
}

} // namespace ladder::ipc_queues
