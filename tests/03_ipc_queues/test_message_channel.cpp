// Messages between processes: whole, in order, bounded, and with an end.

#include "ipc_queues/asleep.hpp"
#include "ipc_queues/message_channel.hpp"
#include "ipc_queues/shared_memory.hpp"
#include "leftovers.hpp"
#include "processes/child_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

using namespace ladder;
using ipc_queues::message_channel;
using ipc_queues::shared;
using processes::child_process;

namespace {

std::vector<std::string> receive_all(message_channel& end, std::error_code& error) {
    std::vector<std::string> result;
    while (auto message = end.receive(error))
        result.push_back(std::move(*message));
    return result;
}

void write_raw(const message_channel& end, std::string_view bytes) {
    REQUIRE(::write(end.descriptor(), bytes.data(), bytes.size()) ==
            static_cast<ssize_t>(bytes.size()));
}

/// A signal that interrupts system calls and does nothing else.
void interrupt_at(int signal) {
    struct sigaction action {};

    action.sa_handler = [](int) {}; // without SA_RESTART
    ::sigaction(signal, &action, nullptr);
}

const std::string long_message(1 << 20, 'x');

} // namespace

TEST_CASE("messages come out whole and in order, empty ones too") {
    for (auto ends : {message_channel::pipe, message_channel::socket_pair}) {
        auto channel = ends();
        message_channel &out = channel.receiver, &in = channel.sender;
        const std::vector<std::string> sent{"A", "", "C", std::string(1000, 'd')};
        for (const std::string& message : sent)
            REQUIRE(!in.send(message));
        in.close();
        std::error_code error;
        CHECK(receive_all(out, error) == sent);
        CHECK(!error);
    }
}

TEST_CASE("both ends of a socket pair send and receive") {
    auto channel = message_channel::socket_pair();
    message_channel &a = channel.receiver, &b = channel.sender;
    std::error_code error;
    REQUIRE(!a.send("question"));
    CHECK(b.receive(error) == "question");
    REQUIRE(!b.send("answer"));
    CHECK(a.receive(error) == "answer");
}

TEST_CASE("a message longer than the pipe arrives in another process") {
    auto channel = message_channel::pipe();
    message_channel &out = channel.receiver, &in = channel.sender;
    auto child = child_process::fork([&] {
        out.close();
        return in.send(long_message) ? 1 : 0;
    });
    in.close();
    std::error_code error;
    CHECK(receive_all(out, error) == std::vector{long_message});
    CHECK(!error);
    CHECK(child.wait().success());
}

TEST_CASE("the end in the middle of a message is an error") {
    for (const std::string_view piece :
         {std::string_view{"\x0a", 1}, std::string_view{"\x0a\0\0", 3},
          std::string_view{"\x0a\0\0\0", 4}, std::string_view{"\x0a\0\0\0abc", 7}}) {
        auto channel = message_channel::pipe();
        message_channel &out = channel.receiver, &in = channel.sender;
        REQUIRE(!in.send("whole"));
        write_raw(in, piece);
        in.close();
        std::error_code error;
        CHECK(out.receive(error) == "whole");
        CHECK(!error);
        CHECK(!out.receive(error));
        CHECK(error == std::errc::bad_message);
    }
}

TEST_CASE("a length beyond the limit is an error, and nothing is allocated for it") {
    auto channel = message_channel::pipe();
    message_channel &out = channel.receiver, &in = channel.sender;
    write_raw(in, "\xff\xff\xff\xff");
    std::error_code error;
    CHECK(!out.receive(error));
    CHECK(error == std::errc::message_size);
    CHECK_THROWS_AS(in.send(std::string(message_channel::message_limit + 1, 'x')),
                    std::length_error);
}

TEST_CASE("a closed receiver is an error and no signal") {
    for (auto ends : {message_channel::pipe, message_channel::socket_pair}) {
        auto child = child_process::fork([&] { // has SIGPIPE as the system gives it
            auto channel = ends();
            message_channel &out = channel.receiver, &in = channel.sender;
            out.close();
            const bool broken = in.send("A") == std::errc::broken_pipe;
            sigset_t pending;
            ::sigpending(&pending);
            return broken && ::sigismember(&pending, SIGPIPE) == 0 ? 0 : 1;
        });
        CHECK(describe(child.wait()) == "exited with 0");
    }
}

TEST_CASE("what the program does about SIGPIPE stays as it was") {
    auto child = child_process::fork([] {
        auto channel = message_channel::pipe();
        message_channel &out = channel.receiver, &in = channel.sender;
        out.close();
        if (!in.send("A")) return 1;
        std::raise(SIGPIPE);
        return 2;
    });
    CHECK(child.wait().signal() == SIGPIPE);
}

TEST_CASE("a signal interrupts neither a sender nor a receiver that waits") {
    auto channel = message_channel::pipe();
    message_channel &out = channel.receiver, &in = channel.sender;
    auto receiver = child_process::fork([&] {
        in.close();
        interrupt_at(SIGUSR1);
        std::error_code error;
        return out.receive(error) == "A" && out.receive(error) == long_message ? 0 : 1;
    });
    REQUIRE(ipc_queues::wait_until_asleep(receiver.pid()));
    receiver.kill(SIGUSR1);
    REQUIRE(ipc_queues::wait_until_asleep(receiver.pid()));
    receiver.kill(SIGSTOP); // so that the sender waits in the middle of a message
    auto sender = child_process::fork([&] {
        out.close();
        interrupt_at(SIGUSR1);
        return in.send("A") || in.send(long_message) ? 1 : 0;
    });
    REQUIRE(ipc_queues::wait_until_asleep(sender.pid()));
    sender.kill(SIGUSR1);
    REQUIRE(ipc_queues::wait_until_asleep(sender.pid()));
    receiver.kill(SIGCONT);
    CHECK(sender.wait().success());
    CHECK(receiver.wait().success());
}

TEST_CASE("the death of the sender is the end of the stream") {
    auto channel = message_channel::socket_pair();
    message_channel &out = channel.receiver, &in = channel.sender;
    auto child = child_process::fork([&] {
        out.close();
        if (in.send("A")) return 1;
        return ::pause();
    });
    in.close();
    std::error_code error;
    REQUIRE(out.receive(error) == "A");
    child.kill(SIGKILL);
    CHECK(!out.receive(error));
    CHECK(!error);
}

TEST_CASE("a full channel makes its sender wait") {
    auto channel = message_channel::pipe();
    message_channel &out = channel.receiver, &in = channel.sender;
    const shared<std::atomic<int>> sent{0};
    auto child = child_process::fork([&] {
        out.close();
        while (!in.send(std::string(1000, 'x')))
            ++*sent;
        return 0;
    });
    in.close();
    REQUIRE(ipc_queues::wait_until_asleep(child.pid()));
    const int full = *sent;
    CHECK(full > 0);
    std::error_code error;
    for (int i = 0; i < full; ++i)
        REQUIRE(out.receive(error));
    REQUIRE(ipc_queues::wait_until_asleep(child.pid()));
    CHECK(*sent > full);
    CHECK(*sent <= 2 * full + 1);
    out.close();
    CHECK(child.wait().success()); // EPIPE
}

TEST_CASE("a descriptor to wait with says when there is something") {
    auto channel = message_channel::socket_pair();
    message_channel &out = channel.receiver, &in = channel.sender;
    pollfd ready{.fd = out.descriptor(), .events = POLLIN, .revents = 0};
    CHECK(::poll(&ready, 1, 0) == 0);
    REQUIRE(!in.send("A"));
    CHECK(::poll(&ready, 1, 0) == 1);
}

TEST_CASE("channels leave no descriptor open") {
    const auto before = leftovers::now();
    {
        const auto pipe = message_channel::pipe();
        auto pair = message_channel::socket_pair();
        pair.sender.close();
        CHECK(pair.sender.descriptor() == -1);
    }
    CHECK(leftovers::since(before) == "");
}
