// What a killed process leaves in /dev/shm, how it is found and removed.

#include "owned_name.hpp"
#include "processes/child_process.hpp"

#include <boost/interprocess/ipc/message_queue.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>

#include <unistd.h>

namespace ladder::ipc_queues {

using boost::interprocess::create_only;
using boost::interprocess::message_queue;
using processes::child_process;

int show_names() {
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
    for (const std::string& name : remove_abandoned(family))
        fmt::print("removed, because its owner is gone: {}\n", name);
    list("what is there now");
    return 0;
}

} // namespace ladder::ipc_queues
