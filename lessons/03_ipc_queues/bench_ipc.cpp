// What a message of 64 bytes costs on its way to another process, five ways. Throughput:
// one process sends, the other receives. Latency: half of a round trip, there and back.

#include "message_channel.hpp"
#include "owned_name.hpp"
#include "processes/child_process.hpp"
#include "shared_memory.hpp"
#include "spsc_ring.hpp"
#include "workbench/option_parser.hpp"
#include "workbench/stopwatch.hpp"

#include <boost/interprocess/ipc/message_queue.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace ladder::ipc_queues;
using boost::interprocess::create_only;
using boost::interprocess::message_queue;
using ladder::processes::child_process;

namespace {

constexpr int rounds = 5;
constexpr int messages = 50'000; // in a round of throughput
constexpr int trips = 3'000;     // in a round of latency
constexpr std::size_t capacity = 256;

struct message {
    std::array<char, 64> bytes{};
};

// Each way: two queues, one there and one back, with send() and receive().

/// Plain write(2) and read(2), a system call each.
struct descriptors {
    int in[2], out[2]; // of `there` and `back`

    explicit descriptors(int type) {
        for (int i = 0; i < 2; ++i) {
            std::array<int, 2> ends{};
            const int failed =
                type == 0 ? ::pipe2(ends.data(), O_CLOEXEC)
                          : ::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data());
            if (failed != 0) throw std::runtime_error{"no descriptors"};
            out[i] = ends[0];
            in[i] = ends[1];
        }
    }

    ~descriptors() {
        for (const int fd : {in[0], in[1], out[0], out[1]})
            ::close(fd);
    }

    void send(int way, const message& m) {
        if (::write(in[way], &m, sizeof m) != sizeof m)
            throw std::runtime_error{"write"}; // messages this short go in whole
    }

    void receive(int way, message& m) {
        for (std::size_t got = 0; got < sizeof m;) {
            const ssize_t size = ::read(out[way], m.bytes.data() + got, sizeof m - got);
            if (size <= 0) throw std::runtime_error{"read"};
            got += static_cast<std::size_t>(size);
        }
    }
};

struct pipes : descriptors {
    pipes() : descriptors(0) {}
};

struct stream_sockets : descriptors {
    stream_sockets() : descriptors(SOCK_STREAM) {}
};

struct packet_sockets : descriptors {
    packet_sockets() : descriptors(SOCK_SEQPACKET) {}
};

struct boost_queues {
    owned_name names[2]{owned_name{"bench"}, owned_name{"bench"}};
    message_queue queues[2]{
        message_queue{create_only, names[0].c_str(), capacity, sizeof(message)},
        message_queue{create_only, names[1].c_str(), capacity, sizeof(message)}};

    void send(int way, const message& m) { queues[way].send(&m, sizeof m, 0); }

    void receive(int way, message& m) {
        std::size_t size = 0;
        unsigned priority = 0;
        queues[way].receive(&m, sizeof m, size, priority);
    }
};

struct rings_with_semaphores {
    shared<ring_queue<message, capacity>> queues[2];

    void send(int way, const message& m) { queues[way]->send(m); }

    void receive(int way, message& m) { m = *queues[way]->receive(); }
};

/// Never sleeps: burns a core for as long as it waits.
struct rings_asked_again_and_again {
    shared<spsc_ring<message, capacity>> rings[2];

    void send(int way, const message& m) {
        while (!rings[way]->try_push(m))
            ::sched_yield();
    }

    void receive(int way, message& m) {
        std::optional<message> got;
        while (!(got = rings[way]->try_pop()))
            ::sched_yield();
        m = *got;
    }
};

// ---- the measurement

using nanoseconds = std::chrono::duration<double, std::nano>;

double median(std::vector<double> values) {
    std::ranges::nth_element(values, values.begin() + rounds / 2);
    return values[rounds / 2];
}

/// Nanoseconds per message, of this process receiving and another one sending.
template <class Way>
double throughput(Way& way) {
    auto sender = child_process::fork([&] {
        for (int i = 0; i < messages + 1; ++i)
            way.send(0, {});
        return 0;
    });
    message m;
    way.receive(0, m); // the other process has started
    const ladder::stopwatch watch;
    for (int i = 0; i < messages; ++i)
        way.receive(0, m);
    return nanoseconds{watch.elapsed().wall}.count() / messages;
}

/// Nanoseconds for one way, half of there and back.
template <class Way>
double latency(Way& way) {
    auto echo = child_process::fork([&] {
        message m;
        for (int i = 0; i < trips + 1; ++i) {
            way.receive(0, m);
            way.send(1, m);
        }
        return 0;
    });
    message m;
    way.send(0, m);
    way.receive(1, m);
    const ladder::stopwatch watch;
    for (int i = 0; i < trips; ++i) {
        way.send(0, m);
        way.receive(1, m);
    }
    return nanoseconds{watch.elapsed().wall}.count() / trips / 2;
}

double first_throughput = 0, first_latency = 0; // those of the pipe

template <class Way>
void measure(std::string_view what) {
    std::vector<double> through, late;
    for (int i = 0; i < rounds; ++i) {
        Way way;
        through.push_back(throughput(way));
        late.push_back(latency(way));
    }
    const double t = median(through), l = median(late);
    if (first_throughput == 0) first_throughput = t, first_latency = l;
    fmt::print("{:<28} {:>8.0f} ns {:>6.2f} × {:>10.0f} ns {:>6.2f} ×\n", what, t,
               first_throughput / t, l, first_latency / l);
}

} // namespace

int main(int argc, char** argv) {
    ladder::option_parser options{"bench_ipc",
                                  "What a message to another process costs."};
    if (const auto status = options.parse(argc, argv)) return *status;
    fmt::print("64 bytes to another process; medians of {} rounds\n\n", rounds);
    fmt::print("{:<28} {:>11} {:>8} {:>13} {:>8}\n", "", "per message", "faster",
               "one way", "faster");
    measure<pipes>("pipe");
    measure<stream_sockets>("socketpair, stream");
    measure<packet_sockets>("socketpair, seqpacket");
    measure<boost_queues>("message_queue");
    measure<rings_with_semaphores>("ring and semaphores");
    measure<rings_asked_again_and_again>("ring, asked again and again");
}
