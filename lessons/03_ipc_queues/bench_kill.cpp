// What holds when a worker is killed? Four workers, one SIGKILL, and then 100 more jobs:
// does the sender get rid of them, and do the three that are left do them? Say how often
// each way is to be tried: --runs N.

#include "asleep.hpp"
#include "owned_name.hpp"
#include "processes/child_process.hpp"
#include "processes/unique_fd.hpp"
#include "shared_memory.hpp"
#include "spsc_ring.hpp"
#include "workbench/option_parser.hpp"

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/ipc/message_queue.hpp>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <random>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace ladder::ipc_queues;
using namespace std::chrono_literals;
using boost::interprocess::create_only;
using boost::interprocess::message_queue;
using ladder::processes::child_process;
using ladder::processes::unique_fd;

namespace {

constexpr int workers = 4;
constexpr int jobs_after = 100;
constexpr int capacity = 8;
constexpr auto patience = 500ms; // without any progress

/// What the workers are doing when one of them is killed.
enum class load { waiting, trickle, saturated };

constexpr int early = 0, late = 1; // jobs: sent before the sender knew, and after

struct board {
    std::atomic<int> sent{0}, done{0};
    std::atomic<int> late_done{0};
    std::atomic<bool> killed{false}; ///< The victim is gone, and was waited for.
};

/// One queue for all.
struct one_message_queue {
    owned_name name{"benchkill"};
    message_queue queue{create_only, name.c_str(), capacity, sizeof(int)};

    void send(int job, const board&) { queue.send(&job, sizeof job, 0); }

    int receive(int /* worker */) {
        int job = 0;
        std::size_t size = 0;
        unsigned priority = 0;
        queue.receive(&job, sizeof job, size, priority);
        return job;
    }

    void begin(int /* worker */) {}
};

/// A socket for each worker. The end of the stream is the notice of death.
struct socket_each {
    std::array<unique_fd, workers> ours, theirs;
    int next = 0;

    socket_each() {
        for (int i = 0; i < workers; ++i) {
            std::array<int, 2> ends{};
            if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
                throw std::runtime_error{"socketpair"};
            ours[i].reset(ends[0]);
            theirs[i].reset(ends[1]);
        }
    }

    /// To the next worker that lives.
    void send(int job, const board&) {
        for (;; ++next) {
            const int fd = ours[next % workers].get();
            if (fd < 0) continue;
            if (::send(fd, &job, sizeof job, MSG_NOSIGNAL) == sizeof job) break;
            ours[next % workers].reset(); // EPIPE
        }
        ++next;
    }

    int receive(int worker) {
        int job = 0;
        if (::read(theirs[worker].get(), &job, sizeof job) != sizeof job) ::_exit(0);
        return job;
    }

    /// Each process closes what is not its own; -1: this one, and the sender.
    void begin(int worker) {
        for (int i = 0; i < workers; ++i) {
            if (i != worker) theirs[i].reset();
            if (worker >= 0) ours[i].reset();
        }
    }
};

/// A ring without a lock and two semaphores for each worker. Whoever waits for the dead
/// (here: main) says that one is gone.
struct ring_each {
    std::array<shared<ring_queue<int, capacity>>, workers> rings;
    int next = 0;

    void send(int job, const board& b) {
        for (bool sent = false; !sent; ++next) {
            const int worker = next % workers;
            if (worker == workers - 1 && b.killed) continue;
            sent = rings[worker]->send_for(job, 10ms); // full: perhaps it is dead
        }
    }

    int receive(int worker) { return *rings[worker]->receive(); }

    void begin(int /* worker */) {}
};

/// What a child does. An exception is the queue's other way to be lost for good: its
/// mutex says that whoever held it died ("not recoverable"). The run counts it as it
/// counts a hang, by the jobs that are not done.
template <class Work>
child_process child_that(Work work) {
    return child_process::fork([&] {
        try {
            work();
        } catch (const boost::interprocess::interprocess_exception&) {
            return 1;
        }
        return 0;
    });
}

/// One run; true when the jobs after the kill were done.
template <class Way>
bool survives(load how, std::mt19937& random) {
    const shared<board> b;
    Way way;
    std::optional<child_process> sender; // may hold the mutex: it ends after the workers
    std::vector<child_process> team;
    team.reserve(workers);
    for (int i = 0; i < workers; ++i)
        team.push_back(child_that([&, i] {
            way.begin(i);
            for (;; ++b->done)
                b->late_done += way.receive(i) == late ? 1 : 0;
        }));
    way.begin(-1); // or our copies keep the sockets of the dead open

    const auto send = [&](int job) {
        way.send(job, *b);
        ++b->sent;
    };
    const auto start_sender = [&] {
        sender = child_that([&] {
            while (!b->killed) {
                send(early);
                if (how == load::trickle) std::this_thread::sleep_for(200us);
            }
            for (int i = 0; i < jobs_after; ++i)
                send(late);
        });
    };
    if (how != load::waiting) {
        start_sender();
        while (b->done < workers) // it has begun
            ::sched_yield();
        std::this_thread::sleep_for(std::chrono::microseconds{random() % 5'000});
    } else {
        for (const child_process& worker : team)
            wait_until_asleep(worker.pid());
    }
    team.back().kill(SIGKILL); // the last of them, wherever it is
    team.back().wait();
    team.pop_back();
    b->killed = true;
    if (how == load::waiting) start_sender();

    std::optional<int> before; // the progress at the last look
    auto last = std::chrono::steady_clock::now();
    for (;;) {
        if (b->late_done == jobs_after) return true; // early ones may have died with it
        const auto now = std::chrono::steady_clock::now();
        if (const int progress = b->sent + b->done; progress != before)
            before = progress, last = now;
        if (now - last > patience) return false;
        std::this_thread::sleep_for(1ms);
    }
}

template <class Way>
void count(std::string_view what, int runs) {
    std::mt19937 random{1};
    fmt::print("{:<28}", what);
    for (const load how : {load::waiting, load::trickle, load::saturated}) {
        int hangs = 0;
        for (int i = 0; i < runs; ++i)
            hangs += survives<Way>(how, random) ? 0 : 1;
        fmt::print(" {:>5} of {:>3}", hangs, runs);
        std::fflush(stdout);
    }
    fmt::print("\n");
}

} // namespace

int main(int argc, char** argv) {
    int runs = 5;
    ladder::option_parser options{"bench_kill", "What one kill does to those who queue."};
    options.number("--runs", &runs, "of each kind", {1});
    if (const auto status = options.parse(argc, argv)) return *status;
    fmt::print("Runs that hang after one of {} workers was killed, while they were\n\n",
               workers);
    fmt::print("{:<28} {:>12} {:>12} {:>12}\n", "", "waiting", "in a trickle",
               "saturated");
    count<one_message_queue>("one message_queue for all", runs);
    count<socket_each>("a seqpacket socket each", runs);
    count<ring_each>("a ring and semaphores each", runs);
}
