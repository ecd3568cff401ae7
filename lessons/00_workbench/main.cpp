// The instruments of this course, one demo each.

#include "demo.hpp"
#include "interleave.hpp"
#include "slow_server.hpp"
#include "stopwatch.hpp"
#include "timeline.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using ladder::interleave::actor;
using ladder::interleave::script;
using ladder::timeline::kind;
using ladder::timeline::span;
using arguments = std::span<const std::string>;

constexpr auto page_time = 500ms; // what a slow page takes
constexpr std::size_t workers = 4;

// ---- timing: the launch or the work

/// Starts a process that waits as long as it would for a slow page.
pid_t start_worker() {
    const pid_t pid = ::fork();
    if (pid < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (pid > 0) return pid;
    std::this_thread::sleep_for(page_time);
    ::_exit(0);
}

double seconds(std::chrono::duration<double> time) {
    return time.count();
}

int show_timing() {
    // [timing]
    const ladder::stopwatch watch;
    std::array<pid_t, workers> pids{};
    for (pid_t& pid : pids)
        pid = start_worker();
    const double launch = seconds(watch.elapsed().wall); // the clock is stopped here ...

    for (const pid_t pid : pids)
        ::waitpid(pid, nullptr, 0);
    const double work = seconds(watch.elapsed().wall); // ... and should be stopped here
    // [/timing]

    fmt::print("{} processes, each waits {:.2f} s for a page\n\n", workers,
               seconds(page_time));
    fmt::print("stopped after the launch      {:.2f} s\n", launch);
    fmt::print("stopped after the last join   {:.2f} s\n", work);
    return 0;
}

/// What a program costs, with all the processes that it starts or leaves behind.
int show_measure(arguments command) {
    std::vector<std::string> argv{command.begin(), command.end()};
    if (argv.empty()) argv = {LADDER_BIN_DIR "/00_workbench_broken_timing"};
    const auto cost = ladder::measure(argv);
    fmt::print("\nthe command ended after      {:.2f} s\n", seconds(cost.command));
    fmt::print("its last process ended after {:.2f} s\n", seconds(cost.wall));
    fmt::print("processes left behind        {}\n", cost.orphans);
    fmt::print("CPU, of all of them          {:.2f} s\n", seconds(cost.cpu));
    return cost.exit_status;
}

// ---- server: a real one, with every fault on demand

/// A connection to the server, with a request on its way: text over TCP, no more.
tcp::iostream ask(const ladder::slow_server& server, const std::string& target) {
    tcp::iostream stream{"127.0.0.1", std::to_string(server.port())};
    stream << "GET " << target << " HTTP/1.1\r\nHost: localhost\r\n\r\n" << std::flush;
    return stream;
}

std::string first_line(tcp::iostream answer) {
    std::string line;
    std::getline(answer, line);
    if (line.empty()) return answer.error().message();
    line.pop_back(); // lines of HTTP end with CR LF
    return line;
}

int show_server() {
    const ladder::slow_server server;
    for (const char* target :
         {"/page/7?delay=100", "/status/404", "/flaky/1", "/flaky/1", "/reset"})
        fmt::print("GET {:<20} {}\n", target, first_line(ask(server, target)));

    // [gate]
    server.reset_stats();
    auto first = ask(server, "/gate/2");  // opens when two wait at it,
    auto second = ask(server, "/gate/2"); // so neither gets an answer without the other
    first_line(std::move(first));
    first_line(std::move(second));
    const auto stats = server.stats();
    // [/gate]
    fmt::print("\nGET /gate/2, twice at a time: {} requests, {} in flight at the peak\n",
               stats.requests, stats.peak_in_flight);
    return 0;
}

// ---- timeline: who ran and who waited

int show_timeline() {
    // [timeline]
    const ladder::timeline::recording recording;
    const auto fetch = [](const char* page, std::chrono::milliseconds late) {
        const span wait{kind::waits, page};
        std::this_thread::sleep_for(late);
    };
    {
        const std::jthread a{[&] { fetch("page 1", 100ms), fetch("page 2", 150ms); }};
        const std::jthread b{[&] { fetch("page 3", 200ms); }};
        const span run{kind::runs, "work"};
        const ladder::stopwatch watch;
        while (watch.elapsed().wall < 50ms) {
        }
    }
    fmt::print("{}", ladder::timeline::draw_terminal(recording.intervals()));
    // [/timeline]
    return 0;
}

// ---- interleave: the losing order, every time

// [deposit]
const std::vector<std::string> losing_order{"A: after read", "B: after write"};

void deposit_one(std::atomic<int>& balance) {
    const int read = balance.load();
    ladder::point("after read");
    balance.store(read + 1); // what another thread wrote since then is lost
    ladder::point("after write");
}

int two_deposits(bool forced) {
    std::optional<script> order;
    if (forced) order.emplace(losing_order);
    std::atomic<int> balance{0};
    {
        const auto play = [&](const char* name) {
            const actor me{name};
            deposit_one(balance);
        };
        const std::jthread a{play, "A"};
        const std::jthread b{play, "B"};
    }
    return balance;
}

// [/deposit]

int show_interleave() {
    constexpr int rounds = 100;
    for (const bool forced : {false, true}) {
        int lost = 0;
        for (int i = 0; i < rounds; ++i)
            lost += two_deposits(forced) == 1 ? 1 : 0;
        fmt::print("{}: a deposit is lost in {:>3} of {} rounds\n",
                   forced ? "by a script" : "by luck    ", lost, rounds);
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    return ladder::run_demos(
        argc, argv,
        {{"timing", "the clock that times the launch, not the work", show_timing},
         {"measure", "what a program costs: measure [COMMAND...]", show_measure},
         {"server", "a server with every fault on demand", show_server},
         {"timeline", "who ran and who waited", show_timeline},
         {"interleave", "a lost update, by luck and by force", show_interleave}});
}
