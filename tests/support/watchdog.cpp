// Ends a test that hangs, and says who waits for what.

#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <unistd.h>

namespace {

constexpr unsigned limit_in_seconds = 60;
std::string running; // the name of the test case that runs

std::string first_line(const std::filesystem::path& path) {
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    return line;
}

// Formats and reads files, which a signal handler must not do in a program that goes on;
// this one ends here, and a hang is worth the risk.
void say_who_waits(int) {
    std::string text =
        fmt::format("\nHANG  {} · no end after {} s\n", running, limit_in_seconds);
    for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"})
        text += fmt::format(
            "  thread {} ({}) waits in {}\n", task.path().filename().string(),
            first_line(task.path() / "comm"), first_line(task.path() / "wchan"));
    std::fputs(text.c_str(), stderr);
    std::_Exit(124);
}

class watchdog : public Catch::EventListenerBase {
public:
    using EventListenerBase::EventListenerBase;

    void testCaseStarting(const Catch::TestCaseInfo& info) override {
        running = info.name;
        std::signal(SIGALRM, say_who_waits);
        ::alarm(limit_in_seconds);
    }

    void testCaseEnded(const Catch::TestCaseStats&) override { ::alarm(0); }
};

CATCH_REGISTER_LISTENER(watchdog)

} // namespace
