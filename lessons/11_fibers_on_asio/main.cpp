// Rung 11: fibers on the event loop of Asio.

#include "event_loop.hpp"
#include "fibers_on_asio.hpp"
#include "workbench/demo.hpp"
#include "workbench/slow_server.hpp"

#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

namespace ladder::fibers_on_asio {

int show_two(arguments), show_blocked(); // demo_turns.cpp
int show_many(arguments);                // demo_many.cpp

namespace {

int one() {
    const slow_server server;
    event_loop loop;
    page got;
    boost::fibers::fiber fiber{[&] { got = fetch(loop, server.url("/page/1"), {}); }};
    fiber.join();
    fmt::print("status {}, {} bytes\n", got.status, got.body.size());
    return got.status == 200 ? 0 : 1;
}

} // namespace

} // namespace ladder::fibers_on_asio

int main(int argc, char** argv) {
    using namespace ladder::fibers_on_asio;
    return ladder::run_demos(
        argc, argv,
        {{"two", "two fibers take turns waiting [--seconds S]", show_two},
         {"one", "one thread, one fiber, one page", one},
         {"many",
          "thousands of pages at the same time [--count N] [--delay MS] [--in-flight N]",
          show_many},
         {"blocked", "a fiber that blocks the thread stops all the others", show_blocked},
         ladder::fetch_demo(fetch_all)});
}
