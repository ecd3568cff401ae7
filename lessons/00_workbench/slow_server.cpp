#include "slow_server.hpp"

#include "http_exchange.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ladder {

namespace {

constexpr auto program = LADDER_BIN_DIR "/slow_server";
using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr auto patience = 30s;

[[noreturn]] void fail(const std::string& what, int error = errno) {
    throw std::system_error{error, std::generic_category(), what};
}

class descriptor {
public:
    explicit descriptor(int number) : number_(number) {}

    ~descriptor() { close(); }

    descriptor(descriptor&& other) noexcept : number_(other.release()) {}

    descriptor& operator=(descriptor&&) = delete;

    int get() const noexcept { return number_; }

    int release() noexcept { return std::exchange(number_, -1); }

    void close() noexcept {
        if (number_ >= 0) ::close(release());
    }

private:
    int number_;
};

struct pipe_ends {
    descriptor read;
    descriptor write;
};

pipe_ends make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("slow_server: pipe");
    return {descriptor{ends[0]}, descriptor{ends[1]}};
}

/// Starts the program with these as its standard input and output, with no signal
/// blocked or ignored, and in a process group of its own: Ctrl-C is for the owner, who
/// may still want to finish a page.
pid_t spawn(const descriptor& input, const descriptor& output) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, output.get(), STDOUT_FILENO);

    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);

    std::string name = program;
    std::string option = "--until-eof";
    const std::array<char*, 3> arguments{name.data(), option.data(), nullptr};
    pid_t pid = -1;
    const int error =
        posix_spawn(&pid, program, &files, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) fail(fmt::format("slow_server: cannot start {}", program), error);
    return pid;
}

/// Waits for one of the `events` of poll(2), through signals; false when none comes.
bool wait_for(int descriptor, short events, clock::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<milliseconds>(deadline - clock::now());
        pollfd wait{.fd = descriptor, .events = events, .revents = 0};
        const int ready = ::poll(&wait, 1, static_cast<int>(std::max(left, 0ms).count()));
        if (ready >= 0 || errno != EINTR) return ready > 0;
    }
}

/// The first line, without its end; what there is when none comes.
std::string read_line(int input) {
    const auto deadline = clock::now() + patience;
    std::string line;
    char next = 0;
    while (wait_for(input, POLLIN, deadline) && ::read(input, &next, 1) == 1 &&
           next != '\n')
        line += next;
    return line;
}

/// A signal ends the wait of connect(2) but not the connecting: asking again would be
/// an error. Returns what became of it, as an errno.
int connect_to(int socket, const sockaddr_in& address) {
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
        0)
        return 0;
    if (errno != EINTR) return errno;
    if (!wait_for(socket, POLLOUT, clock::now() + patience)) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

/// One GET with blocking calls; the body of a 200.
std::string get(const std::string& url) {
    std::error_code error;
    const http_url parts = parse_url(url, error);
    http_exchange exchange{parts, {.max_body = 1'000'000'000}};

    const descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (socket.get() < 0) fail("slow_server: socket");
    const timeval limit{.tv_sec = std::chrono::seconds{patience}.count(), .tv_usec = 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);

    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(parts.port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (const int error = connect_to(socket.get(), address)) fail(url, error);

    while (!exchange.to_send().empty()) {
        const auto bytes = exchange.to_send();
        const auto size = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) fail(url);
        exchange.sent(static_cast<std::size_t>(size));
    }
    while (!exchange.done()) {
        const auto room = exchange.room();
        const auto size = ::recv(socket.get(), room.data(), room.size(), 0);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) fail(url);
        exchange.received(static_cast<std::size_t>(size));
    }
    if (exchange.error()) throw std::system_error{exchange.error(), url};
    if (exchange.status() != 200)
        throw std::runtime_error{fmt::format("{}: status {}", url, exchange.status())};
    return exchange.take_body();
}

} // namespace

slow_server::slow_server() : owner_(::getpid()) {
    auto [input, life_line] = make_pipe();
    auto [output, answer] = make_pipe();
    pid_ = spawn(input, answer);
    life_line_ = life_line.release();
    answer.close(); // so that the output ends when the server does
    try {
        wait_until_ready(output.get());
    } catch (...) {
        stop();
        throw;
    }
}

slow_server::~slow_server() {
    stop();
}

void slow_server::wait_until_ready(int output) {
    constexpr std::string_view expected = "listening on http://127.0.0.1:";
    const std::string line = read_line(output);
    if (line.starts_with(expected)) {
        const char* end = line.data() + line.size();
        const auto [rest, error] =
            std::from_chars(line.data() + expected.size(), end, port_);
        if (error == std::errc{} && rest == end) return;
    }
    throw std::runtime_error{
        fmt::format("{} did not say that it is ready; it said \"{}\"", program, line)};
}

void slow_server::stop() noexcept {
    ::close(life_line_);
    if (::getpid() != owner_) return;
    ::kill(pid_, SIGTERM);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

std::string slow_server::url(std::string_view target) const {
    return fmt::format("http://127.0.0.1:{}{}", port_, target);
}

std::vector<std::string> slow_server::pages(std::size_t count,
                                            std::chrono::milliseconds delay) const {
    std::vector<std::string> urls;
    urls.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        urls.push_back(url(fmt::format("/page/{}?delay={}", i, delay.count())));
    return urls;
}

server_stats slow_server::stats() const {
    const boost::json::value answer = boost::json::parse(get(url("/stats")));
    const auto number = [&](const char* name) {
        return answer.at(name).to_number<std::uint64_t>();
    };
    server_stats stats{.requests = number("requests"),
                       .peak_in_flight = number("peak_in_flight"),
                       .in_flight = number("in_flight"),
                       .connections = number("connections"),
                       .open_connections = number("open_connections"),
                       .per_target = {}};
    for (const auto& [target, count] : answer.at("per_target").as_object())
        stats.per_target.emplace(target, count.to_number<std::uint64_t>());
    return stats;
}

void slow_server::reset_stats() const {
    get(url("/stats/reset"));
}

} // namespace ladder
