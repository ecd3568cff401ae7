// A writer sends A, B, C to a reader, and the reader ends: through a pipe, and through a
// Boost.Interprocess message queue.

#include "message_channel.hpp"
#include "owned_name.hpp"
#include "processes/child_process.hpp"

#include <boost/interprocess/ipc/message_queue.hpp>
#include <fmt/format.h>

#include <cstddef>
#include <system_error>

namespace ladder::ipc_queues {

using boost::interprocess::create_only;
using boost::interprocess::message_queue;
using processes::child_process;

int show_pipe() {
    auto channel = message_channel::pipe();
    message_channel &receiver = channel.receiver, &sender = channel.sender;
    auto writer = child_process::fork([&] {
        receiver.close();
        for (const char* message : {"A", "B", "C"})
            if (sender.send(message)) return 1;
        return 0;
    });
    // [pipe]
    auto reader = child_process::fork([&] {
        sender.close(); // or it waits for itself, for ever
        std::error_code error;
        while (const auto message = receiver.receive(error))
            fmt::print("reader: {}\n", *message);
        fmt::print("reader: {}\n", error ? error.message() : "the end of the stream");
        return error ? 1 : 0;
    });
    // [/pipe]
    sender.close();
    receiver.close();
    fmt::print("the writer {}\n", describe(writer.wait()));
    fmt::print("the reader {}\n", describe(reader.wait()));
    return 0;
}

namespace {

struct item {
    bool last; // the close marker: nothing comes after it
    char letter;
};

int write_letters(message_queue& queue) {
    for (const item next : {item{false, 'A'}, item{false, 'B'}, item{false, 'C'},
                            item{.last = true, .letter = ' '}})
        queue.send(&next, sizeof next, /* priority */ 0);
    return 0;
}

int print_letters(message_queue& queue) {
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

} // namespace

int show_queue() {
    const owned_name name{"letters"};
    message_queue queue{create_only, name.c_str(), /* messages */ 10, sizeof(item)};
    auto reader = child_process::fork([&] { return print_letters(queue); });
    auto writer = child_process::fork([&] { return write_letters(queue); });
    const auto written = writer.wait(), read = reader.wait();
    fmt::print("the writer {}\nthe reader {}\n", describe(written), describe(read));
    return 0;
}

} // namespace ladder::ipc_queues
