#include "blocked.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace ladder {

namespace {

struct thread_status {
    bool asleep = false;
    std::uint64_t switches = 0;
    std::uint64_t run_time = 0; // nanoseconds
};

thread_status look(pid_t thread) {
    thread_status result;
    const std::string folder = "/proc/" + std::to_string(thread); // of threads, too
    std::ifstream{folder + "/schedstat"} >> result.run_time;
    std::ifstream file{folder + "/status"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("State:")) result.asleep = line.starts_with("State:\tS");
        const auto colon = line.find("voluntary_ctxt_switches:");
        if (colon != line.npos)
            result.switches += std::stoull(line.substr(line.find(':') + 1));
    }
    return result;
}

} // namespace

long sleeps_of_this_thread() {
    std::ifstream file{"/proc/thread-self/status"};
    for (std::string word; file >> word;)
        if (long count = 0; word == "voluntary_ctxt_switches:" && file >> count)
            return count;
    return -1;
}

blocked::blocked(std::function<void()> work)
    : thread_([this, work = std::move(work)] {
          tid_ = ::gettid();
          work();
          ended_ = true;
      }) {}

blocked::~blocked() {
    if (thread_.joinable()) thread_.join();
}

bool blocked::sleeps(int looks) const {
    const thread_status first = look(tid_);
    thread_status last = first;
    int quiet = 0;
    for (int i = 0; i < 10'000 && quiet < looks && !ended_; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
        const thread_status now = look(tid_);
        quiet = now.asleep && now.switches == last.switches ? quiet + 1 : 0;
        if (now.run_time > first.run_time + 200'000'000) break;
        if (now.switches > first.switches + 200) break;
        last = now;
    }
    return quiet == looks && !ended_;
}

std::uint64_t wake_ups(pid_t of) {
    const std::uint64_t before = look(of).switches;
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
    return look(of).switches - before;
}

namespace {

// The holder's end, and the end of those whom it holds.
std::array<int, 2> ends;

// "I am held" goes out, "go on" comes in, "I go on" goes out: a byte each.
void sit_still(int) {
    const int error = errno;
    char byte = 0;
    if (::write(ends[1], &byte, 1) == 1 && ::read(ends[1], &byte, 1) == 1)
        [[maybe_unused]]
        const auto sent = ::write(ends[1], &byte, 1);
    errno = error;
}

} // namespace

held::held(std::initializer_list<const blocked*> threads) : count_(threads.size()) {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw std::system_error{errno, std::generic_category(), "socketpair"};
    struct sigaction action {};
    action.sa_handler = sit_still;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGUSR2, &action, nullptr);
    for (const blocked* thread : threads)
        ::tgkill(::getpid(), thread->tid_, SIGUSR2);
    hear();
}

held::~held() {
    for (std::size_t i = 0; i < count_; ++i)
        [[maybe_unused]] const auto sent = ::write(ends[0], "", 1);
    hear();
    ::close(ends[0]);
    ::close(ends[1]);
}

void held::hear() const {
    char byte = 0;
    for (std::size_t i = 0; i < count_; ++i)
        if (::read(ends[0], &byte, 1) != 1) std::abort();
}

} // namespace ladder
