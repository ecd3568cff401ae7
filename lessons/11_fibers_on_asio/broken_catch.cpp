// Two fibers wait in a catch block, and each rethrows the exception of the other.

#include "event_loop.hpp"
#include "yield.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <chrono>

using namespace ladder::fibers_on_asio;

namespace {

void fail_and_wait(event_loop& loop, const char* name, std::chrono::milliseconds time) {
    try {
        throw name;
    } catch (const char* caught) {
        asio::steady_timer timer{loop.context(), time};
        timer.async_wait(yield); // the other fiber throws meanwhile
        try {
            throw;
        } catch (const char* again) {
            fmt::print("fiber {}: caught {}, rethrew {}\n", name, caught, again);
        }
    }
}

} // namespace

int main() {
    event_loop loop;
    boost::fibers::fiber a{
        [&] { fail_and_wait(loop, "a", std::chrono::milliseconds{50}); }};
    boost::fibers::fiber b{
        [&] { fail_and_wait(loop, "b", std::chrono::milliseconds{150}); }};
    a.join();
    b.join();
}
