// Deliberately wrong: the reader never ends, because nothing tells it that nothing more
// comes. So the program waits for the writer, and then terminates the reader, which has
// not printed everything yet.

#include "owned_name.hpp"
#include "processes/child_process.hpp"

#include <boost/interprocess/ipc/message_queue.hpp>
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

using namespace ladder::ipc_queues;
using namespace std::chrono_literals;
using boost::interprocess::create_only;
using boost::interprocess::message_queue;
using ladder::processes::child_process;

int main() {
    const owned_name name{"terminate"};
    message_queue queue{create_only, name.c_str(), /* messages */ 10, sizeof(char)};
    auto writer = child_process::fork([&] {
        for (const char letter : {'A', 'B', 'C'})
            queue.send(&letter, sizeof letter, /* priority */ 0);
        return 0;
    });
    auto reader = child_process::fork([&] {
        for (;;) { // "while True", as in the tutorial
            char letter = 0;
            std::size_t size = 0;
            unsigned priority = 0;
            queue.receive(&letter, sizeof letter, size, priority);
            std::this_thread::sleep_for(500ms); // stands for work
            fmt::print("reader: {}\n", letter);
            std::fflush(stdout);
        }
        return 0;
    });
    fmt::print("the writer {}\n", describe(writer.wait()));
    reader.kill(SIGTERM); // it would never end by itself
    fmt::print("the reader {}\n", describe(reader.wait()));
    fmt::print("sent: A, B, C\n");
}
