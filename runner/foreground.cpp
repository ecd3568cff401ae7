#include "foreground.hpp"

#include "processes/child_process.hpp"
#include "sanitizers.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

#include <unistd.h>

namespace ladder::learn {

namespace {

constexpr std::array signals{SIGINT, SIGQUIT, SIGTERM, SIGHUP};

constinit std::atomic<pid_t> running{-1};

/// The terminal sends the first two to everybody; the others came to us alone.
extern "C" void pass_on(int signal) {
    const pid_t pid = running;
    if ((signal == SIGTERM || signal == SIGHUP) && pid > 0) ::kill(pid, signal);
}

/// As long as it lives, signals are the child's. A handler, and not SIG_IGN, which the
/// child would inherit.
class signals_for_child {
public:
    signals_for_child() {
        struct sigaction action {};

        action.sa_handler = pass_on;
        for (std::size_t i = 0; i < signals.size(); ++i)
            ::sigaction(signals[i], &action, &before_[i]);
    }

    ~signals_for_child() {
        running = -1;
        for (std::size_t i = 0; i < signals.size(); ++i)
            ::sigaction(signals[i], &before_[i], nullptr);
    }

    signals_for_child(const signals_for_child&) = delete;
    signals_for_child& operator=(const signals_for_child&) = delete;

private:
    std::array<struct sigaction, signals.size()> before_{};
};

} // namespace

int run_in_foreground(std::span<const std::string> argv) {
    std::fflush(stdout);
    const signals_for_child until_its_end;
    auto child = processes::child_process::spawn(argv);
    running = child.pid();
    const auto status = child.wait();
    return status.exited() ? status.code() : 128 + status.signal();
}

void become(std::span<const std::string> argv) {
    std::fflush(stdout);
    std::vector<char*> words;
    words.reserve(argv.size() + 1);
    for (const std::string& word : argv)
        words.push_back(const_cast<char*>(word.c_str())); // execvp changes none
    words.push_back(nullptr);
    ::execvp(words.front(), words.data());
    throw std::system_error{errno, std::generic_category(), argv.front()};
}

void script::require(const std::string& group) const {
    call({"sh", path_.string(), "-require", group});
}

void script::build(const std::string& preset, const std::string& what,
                   const std::vector<std::string>& targets) const {
    std::vector<std::string> argv;
    if (preset != "dev") argv = fixed_addresses();
    argv.insert(argv.end(), {"sh", path_.string(), "-build", preset, what});
    argv.insert(argv.end(), targets.begin(), targets.end());
    call(argv);
}

void script::call(const std::vector<std::string>& argv) const {
    if (const int status = run_in_foreground(argv); status != 0)
        throw silent_failure{status > 128 ? status : 1};
}

} // namespace ladder::learn
