// Deliberately wrong: the reader does not close its copy of the writing end. The writer
// is long gone, and the pipe has no end: somebody could still write, namely the reader.

#include "asleep.hpp"
#include "message_channel.hpp"
#include "processes/child_process.hpp"

#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

using namespace ladder::ipc_queues;
using ladder::processes::child_process;

namespace {

/// How many descriptors a process has to write into that pipe with.
int writing_ends(pid_t pid, const std::string& pipe) {
    const std::string process = fmt::format("/proc/{}", pid);
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator{process + "/fd"}) {
        const std::string number = entry.path().filename();
        if (std::filesystem::read_symlink(entry.path()) != pipe) continue;
        std::ifstream info{fmt::format("{}/fdinfo/{}", process, number)};
        for (std::string line; std::getline(info, line);)
            count += line.starts_with("flags:") && line.back() == '1' ? 1 : 0; // O_WRONLY
    }
    return count;
}

} // namespace

int main() {
    auto channel = message_channel::pipe();
    message_channel &receiver = channel.receiver, &sender = channel.sender;
    const std::string pipe = std::filesystem::read_symlink(
        fmt::format("/proc/self/fd/{}", receiver.descriptor()));
    auto writer = child_process::fork([&] {
        receiver.close();
        for (const char* message : {"A", "B", "C"})
            if (sender.send(message)) return 1;
        return 0;
    });
    auto reader = child_process::fork([&] {
        std::error_code error; // sender.close() is missing
        while (const auto message = receiver.receive(error)) {
            fmt::print("reader: {}\n", *message);
            std::fflush(stdout);
        }
        return 0;
    });
    sender.close();
    receiver.close();
    const auto status = writer.wait();
    if (!wait_until_asleep(reader.pid())) return 1;
    fmt::print("the writer {}\n", describe(status));
    fmt::print("the reader sleeps in read(2), and holds writing ends: {}\n",
               writing_ends(reader.pid(), pipe));
    reader.kill(SIGKILL);
    fmt::print("the reader {}\n", describe(reader.wait()));
}
