// Deliberately wrong: waits until it can write, with nothing to write. A socket can
// nearly always be written to, so a level-triggered wait returns at once, again and
// again.

#include "event_loop.hpp"
#include "workbench/stopwatch.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>

#include <sys/socket.h>

using namespace ladder::event_loop;
using namespace std::chrono_literals;

namespace {

void wait_for_an_answer(std::uint32_t events) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) != 0) return;
    const ladder::processes::unique_fd ours{ends[0]}, server{ends[1]};
    reactor loop;
    loop.watch(ours.get(), events, [](std::uint32_t) { /* no answer yet */ });
    loop.call_at(reactor::clock::now() + 300ms, [&] { loop.stop(); });
    const ladder::stopwatch watch;
    loop.run();
    const auto cost = watch.elapsed();
    fmt::print("{:<20} asked the kernel {:>7} times, {:>3} % of a core\n",
               events == EPOLLIN ? "EPOLLIN" : "EPOLLIN | EPOLLOUT", loop.waits(),
               100 * cost.cpu.count() / cost.wall.count());
}

} // namespace

int main() {
    wait_for_an_answer(EPOLLIN);
    wait_for_an_answer(EPOLLIN | EPOLLOUT);
}
