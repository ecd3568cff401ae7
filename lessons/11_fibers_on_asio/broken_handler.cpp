// Handlers run on the fiber that chooses the next one. What a fiber may do, they may not.

#include "event_loop.hpp"
#include "yield.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include <sys/resource.h>
#include <sys/wait.h>

using namespace ladder::fibers_on_asio;

namespace {

void a_handler_that_waits() {
    event_loop loop;
    asio::steady_timer timer{loop.context(), std::chrono::milliseconds{1}};
    asio::post(loop.context(), [&] { timer.async_wait(yield); });
    boost::this_fiber::sleep_for(std::chrono::seconds{1});
}

void a_handler_that_throws() {
    event_loop loop;
    asio::post(loop.context(), [] { throw std::runtime_error{"nobody catches this"}; });
    boost::this_fiber::sleep_for(std::chrono::seconds{1});
}

void show(const char* what, void (*fault)()) {
    fmt::print("{}:\n", what);
    std::fflush(stdout);
    const pid_t child = fork(); // no event loop has been made yet in this process
    if (child == 0) {
        const rlimit no_core{0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        fault();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        fmt::print("  the program was ended: {}\n", strsignal(WTERMSIG(status)));
    else
        fmt::print("  nothing happened\n");
}

} // namespace

int main() {
    show("a handler that waits", a_handler_that_waits);
    show("a handler that throws", a_handler_that_throws);
}
