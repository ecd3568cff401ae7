// A channel between two processes: real pipes, real processes, signals at a bad moment.

#include "blocked.hpp"
#include "channel.hpp"
#include "ipc_queues/asleep.hpp"
#include "leftovers.hpp"
#include "processes/child_process.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using ladder::channel;
using ladder::ipc_queues::wait_until_asleep;
using ladder::processes::child_process;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

// A pipe has room for 65,536. Zeros, so that whoever loses count and takes some of them
// for a length does not ask for gigabytes.
const std::string long_message(1'000'000, '\0');

/// A process that sends these, and says by its exit code whether there was an error.
child_process sender_of(channel& c, const strings& messages) {
    return child_process::fork([&c, messages] {
        c.close_receiving_end();
        // A signal that interrupts system calls, and does nothing else.
        struct sigaction action {};

        action.sa_handler = [](int) {};
        ::sigaction(SIGUSR1, &action, nullptr);
        for (const std::string& message : messages)
            if (c.send(message)) return 1;
        return 0;
    });
}

struct received {
    strings messages = {};
    std::error_code error = {};
};

/// All that comes, at most 10 messages.
received receive_all(channel& c) {
    received result;
    while (result.messages.size() < 10) {
        auto message = c.receive(result.error);
        if (!message) break;
        result.messages.push_back(std::move(*message));
    }
    return result;
}

/// What comes out when these bytes go in, and then the sender is gone.
received receive_raw(std::string_view bytes) {
    channel c;
    REQUIRE(::write(c.sending_end(), bytes.data(), bytes.size()) ==
            static_cast<ssize_t>(bytes.size()));
    c.close_sending_end();
    return receive_all(c);
}

using namespace std::string_view_literals;

} // namespace

TEST_CASE("a message arrives in another process") {
    channel c;
    auto sender = sender_of(c, {"hello"});
    c.close_sending_end();
    std::error_code error;
    CHECK(c.receive(error) == "hello");
    CHECK(sender.wait().success());
}

TEST_CASE("the receiver ends when the sender has") {
    channel c;
    auto sender = sender_of(c, {"A", "B", "C"});
    c.close_sending_end();
    const auto [messages, error] = receive_all(c);
    CHECK(messages == strings{"A", "B", "C"});
    CHECK_FALSE(error);
}

TEST_CASE("the end stays the end, however often one asks") {
    channel c;
    CHECK_FALSE(c.send("A"));
    c.close_sending_end();
    std::error_code error;
    CHECK(c.receive(error) == "A");
    for (int i = 0; i < 3; ++i) {
        CHECK(c.receive(error) == std::nullopt);
        CHECK_FALSE(error);
    }
}

TEST_CASE("an empty message is a message, and not the end") {
    channel c;
    auto sender = sender_of(c, {"A", "", "C"});
    c.close_sending_end();
    CHECK(receive_all(c).messages == strings{"A", "", "C"});
}

TEST_CASE("a message longer than the pipe arrives whole") {
    channel c;
    const std::string longer(20'000'000, '\0'); // its length takes all four bytes
    auto sender = sender_of(c, {long_message, longer, "and the next one"});
    c.close_sending_end();
    const auto [messages, error] = receive_all(c);
    REQUIRE(messages.size() == 3);
    CHECK((messages[0] == long_message)); // in brackets: not to print a million signs
    CHECK(messages[1].size() == longer.size());
    CHECK(messages[2] == "and the next one");
    CHECK_FALSE(error);
    c.close_receiving_end();
    CHECK(describe(sender.wait()) == "exited with 0");
}

TEST_CASE("a sender sleeps while the pipe is full, and goes on when it is not") {
    channel c;
    auto sender = sender_of(c, {long_message});
    c.close_sending_end();
    CHECK(wait_until_asleep(sender.pid(), 3s)); // it neither ends nor burns a core
    const auto messages = receive_all(c).messages;
    REQUIRE(messages.size() == 1);
    CHECK((messages[0] == long_message));
}

TEST_CASE("a signal while it waits to send does not break a message") {
    channel c;
    auto sender = sender_of(c, {long_message, "B"});
    c.close_sending_end();
    for (int i = 0; i < 3; ++i) {
        REQUIRE(wait_until_asleep(sender.pid(), 3s));
        sender.kill(SIGUSR1); // write(2) has written a part, and says how much
    }
    wait_until_asleep(sender.pid(), 3s); // it has taken the signal
    const auto [messages, error] = receive_all(c);
    REQUIRE(messages.size() == 2);
    CHECK(messages[0].size() == long_message.size());
    CHECK(messages[1] == "B");
    CHECK_FALSE(error);
    c.close_receiving_end();
    CHECK(describe(sender.wait()) == "exited with 0");
}

TEST_CASE("a signal while it waits to receive is no error") {
    channel c;
    auto receiver = child_process::fork([&] {
        c.close_sending_end();
        struct sigaction action {};

        action.sa_handler = [](int) {};
        ::sigaction(SIGUSR1, &action, nullptr);
        std::error_code error;
        return c.receive(error) == "A" && !error ? 0 : 1;
    });
    REQUIRE(wait_until_asleep(receiver.pid(), 3s));
    receiver.kill(SIGUSR1);
    wait_until_asleep(receiver.pid(), 3s);
    auto sender = sender_of(c, {"A"});
    c.close_receiving_end();
    c.close_sending_end();
    CHECK(describe(sender.wait()) == "exited with 0");
    CHECK(describe(receiver.wait()) == "exited with 0");
}

TEST_CASE("the end in the middle of a message is an error") {
    const auto [messages, error] = receive_raw("\x01\0\0\0A\x0a\0\0\0abc"sv);
    CHECK(messages == strings{"A"}); // what was whole
    CHECK(error == std::errc::bad_message);
    CHECK(receive_raw("\x0a\0\0\0"sv).error == std::errc::bad_message);
}

TEST_CASE("the end in the middle of a length is an error") {
    const auto [messages, error] = receive_raw("\x01\0\0\0A\x02\0"sv);
    CHECK(messages == strings{"A"});
    CHECK(error == std::errc::bad_message);
}

TEST_CASE("a receiver that is gone is an error, and does not kill the sender") {
    auto sender = child_process::fork([] {
        std::signal(SIGPIPE, SIG_DFL); // as a process has it at its start
        channel c;
        c.close_receiving_end();
        return c.send("hello") == std::errc::broken_pipe ? 0 : 1;
    });
    CHECK(describe(sender.wait()) == "exited with 0");
}

TEST_CASE("a channel that is gone takes nothing from the others") {
    auto sender = child_process::fork([] {
        std::signal(SIGPIPE, SIG_DFL);
        channel c;
        { const channel other; }
        c.close_receiving_end();
        return c.send("hello") == std::errc::broken_pipe ? 0 : 1;
    });
    INFO("why: one SIGPIPE is for all channels of the process");
    CHECK(describe(sender.wait()) == "exited with 0");

    auto deaf = child_process::fork([] { // who ignores it needs nobody to do so
        std::signal(SIGPIPE, SIG_IGN);
        channel c;
        return c.send("hello") || std::signal(SIGPIPE, SIG_IGN) != SIG_IGN ? 1 : 0;
    });
    CHECK(describe(deaf.wait()) == "exited with 0");
}

TEST_CASE(
    "any other error is what the system says, and neither the end nor a broken pipe") {
    channel c;
    const auto becomes = [](int end, const char* path, int flags) {
        const int other = ::open(path, flags | O_CLOEXEC);
        REQUIRE(::dup2(other, end) == end);
        ::close(other);
    };
    becomes(c.receiving_end(), "/", O_RDONLY); // nobody can read(2) a folder
    std::error_code error;
    CHECK(c.receive(error) == std::nullopt);
    CHECK(error == std::errc::is_a_directory);
    becomes(c.sending_end(), "/dev/full", O_WRONLY);
    CHECK(c.send("A") == std::errc::no_space_on_device);

    // A connection that breaks in the middle of a message: its other end is closed before
    // all that was sent there has been read, unix(7).
    std::array<int, 2> pair{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
    REQUIRE(::write(pair[1], "\x0a\0\0\0abc", 7) == 7);
    REQUIRE(::write(pair[0], "unread", 6) == 6);
    ::close(pair[1]);
    REQUIRE(::dup2(pair[0], c.receiving_end()) == c.receiving_end());
    ::close(pair[0]);
    CHECK(c.receive(error) == std::nullopt);
    CHECK(error == std::errc::connection_reset);
}

TEST_CASE("a receiver that dies in the middle of a message is an error for the sender") {
    channel c;
    auto sender = child_process::fork([&] {
        std::signal(SIGPIPE, SIG_DFL);
        channel d;
        auto receiver = child_process::fork([&] {
            d.close_sending_end();
            char byte = 0;
            return ::read(d.receiving_end(), &byte, 1) == 1 ? 0 : 1;
        });
        d.close_receiving_end();
        return d.send(long_message) == std::errc::broken_pipe ? 0 : 1;
    });
    CHECK(describe(sender.wait()) == "exited with 0");
}

TEST_CASE("a signal in the middle of a message is no error") {
    channel c;
    auto receiver = child_process::fork([&] {
        c.close_sending_end();
        struct sigaction action {};

        action.sa_handler = [](int) {};
        ::sigaction(SIGUSR1, &action, nullptr);
        std::error_code error;
        return c.receive(error) == "abc" && !error ? 0 : 1;
    });
    REQUIRE(::write(c.sending_end(), "\x03\0\0\0a", 5) == 5);
    REQUIRE(wait_until_asleep(receiver.pid(), 3s)); // the rest is still to come
    receiver.kill(SIGUSR1);
    wait_until_asleep(receiver.pid(), 3s);
    REQUIRE(::write(c.sending_end(), "bc", 2) == 2);
    CHECK(describe(receiver.wait()) == "exited with 0");
}

TEST_CASE("who waits is asleep, and does not wake up to look") {
    channel empty, full;
    auto receiver = child_process::fork([&] {
        std::error_code error;
        return empty.receive(error) == "A" ? 0 : 1;
    });
    auto sender = child_process::fork([&] { return full.send(long_message) ? 1 : 0; });
    for (auto* process : {&receiver, &sender}) {
        REQUIRE(wait_until_asleep(process->pid(), 3s));
        CHECK(ladder::wake_ups(process->pid()) <= 1);
    }
    CHECK_FALSE(empty.send("A"));
    std::error_code error;
    CHECK(full.receive(error)->size() == long_message.size());
    CHECK(receiver.wait().success());
    CHECK(sender.wait().success());
}

TEST_CASE("success clears the error of the last time") {
    channel c;
    CHECK_FALSE(c.send("A"));
    std::error_code error = std::make_error_code(std::errc::bad_message);
    CHECK(c.receive(error) == "A");
    CHECK_FALSE(error);
    c.close_sending_end();
    error = std::make_error_code(std::errc::bad_message);
    CHECK(c.receive(error) == std::nullopt);
    CHECK_FALSE(error); // the end is none
}

TEST_CASE("two channels are two") {
    channel one, other;
    CHECK_FALSE(one.send("one"));
    CHECK_FALSE(other.send("other"));
    std::error_code error;
    CHECK(other.receive(error) == "other");
    CHECK(one.receive(error) == "one");
}

TEST_CASE("a channel leaves no descriptor open") {
    const auto before = ladder::leftovers::now();
    {
        channel c;
        c.close_sending_end();
        c.close_sending_end(); // once is enough, twice is no harm
    }
    { const channel c; }
    CHECK(ladder::leftovers::since(before) == "");

    auto without_input = child_process::fork([] {
        ::close(0); // so this number is the next to be given out
        { const channel c; }
        return ::fcntl(0, F_GETFD) == -1 ? 0 : 1;
    });
    INFO("why: 0 is a descriptor like any other");
    CHECK(describe(without_input.wait()) == "exited with 0");
}
