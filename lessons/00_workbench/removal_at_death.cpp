#include "removal_at_death.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>

#include <sys/wait.h>
#include <unistd.h>

namespace ladder {

namespace {

struct slot {
    std::atomic<pid_t> owner = 0; ///< 0: nobody's; -1: being filled.
    std::array<char, 256> path{};
};

constinit std::array<slot, 64> slots;

constexpr std::array deadly{SIGINT, SIGTERM, SIGHUP, SIGPIPE};

/// Only what signal-safety(7) allows. It waits for rm(1), which knows how to remove a
/// folder; the signal ends the process when the handler returns.
extern "C" void remove_all(int signal) {
    const int error = errno;
    for (const slot& s : slots) {
        if (s.owner != ::getpid()) continue;
        if (::unlink(s.path.data()) == 0 || errno == ENOENT) continue;
        const pid_t child = ::_Fork();
        if (child == 0) {
            ::execl("/bin/rm", "rm", "-rf", s.path.data(), nullptr);
            ::_exit(1);
        }
        if (child > 0) ::waitpid(child, nullptr, 0);
    }
    errno = error;
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void take_signals() {
    for (const int signal : deadly) {
        struct sigaction before {
        }, mine{};

        ::sigaction(signal, nullptr, &before);
        if (before.sa_handler != SIG_DFL) continue;
        mine.sa_handler = remove_all;
        for (const int other : deadly)
            ::sigaddset(&mine.sa_mask, other);
        ::sigaction(signal, &mine, nullptr);
    }
}

/// Before there is anything, too: who handles a signal now and then, as the framework of
/// our tests does during each of them, hands on to the handler that was there before.
[[maybe_unused]] const bool from_the_start = (take_signals(), true);

} // namespace

void removal_at_death::begin(const std::string& path) {
    take_signals();
    for (std::size_t i = 0; i < slots.size() && path.size() < slots[i].path.size(); ++i) {
        pid_t nobody = 0;
        if (!slots[i].owner.compare_exchange_strong(nobody, -1)) continue;
        std::memcpy(slots[i].path.data(), path.c_str(), path.size() + 1);
        slots[i].owner = ::getpid();
        slot_ = static_cast<int>(i);
        return;
    }
}

removal_at_death::~removal_at_death() {
    if (slot_ >= 0) slots[static_cast<std::size_t>(slot_)].owner = 0;
}

} // namespace ladder
