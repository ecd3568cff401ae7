// Deliberately wrong: all workers take their tasks from one pipe, behind one lock. The
// one that waits for a task waits with the lock in its hand. Kill it there, and the lock
// stays locked: the others live, and will never have anything to do.

#include "processes/child_process.hpp"
#include "processes/pipe.hpp"

#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <new>
#include <vector>

#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace ladder::processes;

namespace {

struct shared_lock {
    sem_t lock;
    std::atomic<pid_t> owner;
};

int work(shared_lock& queue, int tasks, int outcomes) {
    char task = 0;
    for (;;) {
        while (::sem_wait(&queue.lock) != 0) { // EINTR
        }
        queue.owner = ::getpid();
        const auto size = ::read(tasks, &task, 1); // waits, and holds the lock
        queue.owner = 0;
        ::sem_post(&queue.lock);
        if (size != 1) return 0;
        write_all(outcomes, {&task, 1});
    }
}

// How many outcomes come, with no more than half a second between two.
int count_outcomes(int fd) {
    pollfd outcomes{.fd = fd, .events = POLLIN, .revents = 0};
    int count = 0;
    for (char c = 0; ::poll(&outcomes, 1, 500) == 1 && ::read(fd, &c, 1) == 1;)
        ++count;
    return count;
}

} // namespace

int main() {
    void* memory = ::mmap(nullptr, sizeof(shared_lock), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 1;
    auto& queue = *new (memory) shared_lock{};
    ::sem_init(&queue.lock, 1, 1); // 1: for several processes
    const auto tasks = make_pipe(), outcomes = make_pipe();
    std::vector<child_process> workers;
    workers.reserve(4);
    for (int i = 0; i < 4; ++i)
        workers.push_back(child_process::fork(
            [&] { return work(queue, tasks.read.get(), outcomes.write.get()); },
            {.die_with_parent = true}));

    write_all(tasks.write.get(), "0123456789");
    fmt::print("10 tasks: {} outcomes\n", count_outcomes(outcomes.read.get()));

    while (queue.owner == 0)
        ::sched_yield();
    for (child_process& worker : workers)
        if (worker.pid() == queue.owner) {
            worker.kill(SIGKILL);
            worker.wait();
            break;
        }
    write_all(tasks.write.get(), "0123456789");
    const int count = count_outcomes(outcomes.read.get());
    fmt::print("one idle worker of four is killed; 10 tasks: {} outcomes\n", count);
    workers.clear();
    ::munmap(memory, sizeof(shared_lock));
}
