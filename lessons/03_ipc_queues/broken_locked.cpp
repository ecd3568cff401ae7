// Deliberately wrong: a reader dies in the middle of receive(), while it has the queue's
// mutex locked. The mutex is robust, so the next one learns of it, and nobody can repair
// what the dead one was about to change: the queue is lost for good.

#include "owned_name.hpp"
#include "processes/child_process.hpp"

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/ipc/message_queue.hpp>
#include <fmt/format.h>

#include <csignal>

#include <sys/mman.h>

using namespace ladder::ipc_queues;
using boost::interprocess::create_only;
using boost::interprocess::message_queue;
using ladder::processes::child_process;

int main() {
    const owned_name name{"locked"};
    message_queue queue{create_only, name.c_str(), /* messages */ 10, sizeof(int)};
    const int job = 1;
    queue.send(&job, sizeof job, /* priority */ 0);

    // SIGKILL can hit anywhere. To hit here every time, let the reader die of its first
    // touch of the buffer: receive() fills it with the mutex locked.
    auto reader = child_process::fork([&] {
        std::signal(SIGSEGV, [](int) { std::raise(SIGKILL); });
        void* const nothing =
            ::mmap(nullptr, sizeof job, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        std::size_t size = 0;
        unsigned priority = 0;
        queue.receive(nothing, sizeof job, size, priority);
        return 0;
    });
    fmt::print("the reader, in the middle of receive(): {}\n", describe(reader.wait()));

    for (const char* turn : {"the next send", "the one after"}) {
        try {
            queue.send(&job, sizeof job, /* priority */ 0);
            fmt::print("{}: sent\n", turn);
        } catch (const boost::interprocess::lock_exception& error) {
            fmt::print("{}: {}\n", turn,
                       error.get_error_code() == boost::interprocess::not_recoverable
                           ? "the mutex is not recoverable"
                           : error.what());
        }
    }
}
