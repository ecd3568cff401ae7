// Rung 03: ways from one process to another, what they hold, and what stays behind.

#include "asleep.hpp"
#include "child_process.hpp"
#include "demo.hpp"
#include "interleave.hpp"
#include "message_channel.hpp"
#include "owned_name.hpp"
#include "shared_memory.hpp"
#include "spsc_ring.hpp"
#include "timeline.hpp"

#include <boost/interprocess/ipc/message_queue.hpp>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>

using namespace ladder;
using namespace ladder::ipc_queues;
using namespace std::chrono_literals;
using boost::interprocess::create_only;
using boost::interprocess::message_queue;
using processes::child_process;
using arguments = std::span<const std::string>;

// ---- pipe: the end of the stream is the end

static int show_pipe(arguments) {
    // [pipe]
    auto [receiver, sender] = message_channel::pipe();
    auto writer = child_process::fork([&] {
        receiver.close();
        for (const char* message : {"A", "B", "C"})
            if (sender.send(message)) return 1;
        return 0;
    });
    auto reader = child_process::fork([&] {
        sender.close(); // or it waits for itself, for ever
        std::error_code error;
        while (const auto message = receiver.receive(error))
            fmt::print("reader: {}\n", *message);
        fmt::print("reader: {}\n", error ? error.message() : "the end of the stream");
        return error ? 1 : 0;
    });
    sender.close();
    receiver.close();
    // [/pipe]
    fmt::print("the writer {}\n", describe(writer.wait()));
    fmt::print("the reader {}\n", describe(reader.wait()));
    return 0;
}

// ---- queue: the end is a message

// [queue]
struct item {
    bool last; // the close marker: nothing comes after it
    char letter;
};

static int write_letters(message_queue& queue) {
    for (const item next : {item{false, 'A'}, item{false, 'B'}, item{false, 'C'},
                            item{.last = true, .letter = ' '}})
        queue.send(&next, sizeof next, /* priority */ 0);
    return 0;
}

static int print_letters(message_queue& queue) {
    item next{};
    std::size_t size = 0;
    unsigned priority = 0;
    for (;;) {
        queue.receive(&next, sizeof next, size, priority);
        if (next.last) break;
        fmt::print("reader: {}\n", next.letter);
    }
    fmt::print("reader: the close marker\n");
    return 0;
}

// [/queue]

static int show_queue(arguments) {
    const owned_name name{"letters"};
    message_queue queue{create_only, name.c_str(), /* messages */ 10, sizeof(item)};
    auto reader = child_process::fork([&] { return print_letters(queue); });
    auto writer = child_process::fork([&] { return write_letters(queue); });
    const auto written = writer.wait(), read = reader.wait();
    fmt::print("the writer {}\nthe reader {}\n", describe(written), describe(read));
    return 0;
}

// ---- atomics: two processes count in the same memory

using counter = std::atomic<long>;

/// Two processes call `add` so many times each; says how many counts are missing.
static void count(std::string_view how, counter& sum, void (*add)(counter&)) {
    constexpr int times = 200'000;
    const auto work = [&] {
        for (int i = 0; i < times; ++i)
            add(sum);
        return 0;
    };
    auto a = child_process::fork(work), b = child_process::fork(work);
    a.wait(), b.wait();
    fmt::print("{:<38} {:>7} of {}\n", how, sum.load(), 2 * times);
}

static int show_atomics(arguments) {
    // [atomics]
    const auto in_one_step = [](counter& sum) { sum.fetch_add(1); };
    const auto in_two_steps = [](counter& sum) {
        const long seen = sum.load();
        point("after read");
        sum.store(seen + 1); // what the other process wrote since then is lost
        point("after write");
    };
    counter copied{0};
    count("memory of the process, copied by fork", copied, in_one_step);
    const shared<counter> two{0}, one{0};
    count("shared memory, read and then write", *two, in_two_steps);
    count("shared memory, fetch_add", *one, in_one_step);
    // [/atomics]

    constexpr int rounds = 10;
    int lost = 0;
    for (int i = 0; i < rounds; ++i) {
        const shared<counter> sum{0};
        const interleave::script order{{"A: after read", "B: after write"}};
        const auto as = [&](const char* name) {
            return child_process::fork([&, name] {
                const interleave::actor me{name};
                in_two_steps(*sum);
                return 0;
            });
        };
        auto a = as("A"), b = as("B");
        a.wait(), b.wait();
        lost += sum->load() == 1 ? 1 : 0;
    }
    fmt::print("\nby a script, one count each: one is lost in {} of {} rounds\n", lost,
               rounds);
    return 0;
}

// ---- capacity: who is full waits

struct message {
    std::array<char, 64> bytes{};
};

constexpr std::size_t queue_capacity = 16;
using ring = spsc_ring<message, queue_capacity>;

/// How many fit when nobody takes any out.
template <class TrySend>
static void fill(std::string_view what, TrySend try_send) {
    std::size_t sent = 0;
    while (try_send(message{}))
        ++sent;
    fmt::print("{:<18} full after {:>4} messages of {} bytes\n", what, sent,
               sizeof(message));
}

static void fill_channel(std::string_view what, const message_channel& end) {
    ::fcntl(end.descriptor(), F_SETFL, O_NONBLOCK); // an error instead of a wait
    fill(what, [&](const message& m) {
        return ::write(end.descriptor(), &m, sizeof m) == sizeof m;
    });
}

/// The reader takes 20 ms for each message. How far does the writer get ahead of it?
template <std::size_t Capacity>
static void run_ahead() {
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

static int show_capacity(arguments) {
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

// ---- names: what a crash leaves behind

static int show_names(arguments) {
    const std::string family = fmt::format("demo{}", ::getpid());
    const auto list = [&](const char* when) {
        fmt::print("{}\n", when);
        for (const auto& entry : std::filesystem::directory_iterator{"/dev/shm"})
            if (entry.path().filename().string().starts_with("ladder-" + family))
                fmt::print("  {}  {} bytes\n", entry.path().string(), entry.file_size());
    };
    const auto work = [&](int signal) {
        return child_process::fork([&, signal] {
            const owned_name name{family};
            const message_queue queue{create_only, name.c_str(), 100, 100};
            if (signal == 0) list("a process uses its queue");
            std::fflush(stdout);
            std::raise(signal);
            return 0;
        });
    };
    work(0).wait();
    list("it ended");
    fmt::print("another: {}\n", describe(work(SIGKILL).wait()));
    list("what is there now");
    // [names]
    for (const std::string& name : remove_abandoned(family))
        fmt::print("removed, because its owner is gone: {}\n", name);
    // [/names]
    list("what is there now");
    return 0;
}

int main(int argc, char** argv) {
    return run_demos(
        argc, argv,
        {{"pipe", "A, B, C through a pipe; the end of the stream is the end", show_pipe},
         {"queue", "A, B, C through a message queue; the end is a message", show_queue},
         {"atomics", "two processes count in the same memory", show_atomics},
         {"capacity", "what fits, and who waits when it is full", show_capacity},
         {"names", "a crash leaves a name behind; how to find and remove it",
          show_names}});
}
