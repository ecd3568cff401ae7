// A scheduler that outlives its io_context: Boost.Fiber notifies it once more when the
// thread ends, after everything on the thread's stack is gone.

#include "event_loop.hpp"

#include <boost/fiber/fiber.hpp>
#include <fmt/format.h>

#include <memory>
#include <thread>

using namespace ladder::fibers_on_asio;

namespace {

/// Says what would otherwise be a use after free.
class telltale_scheduler : public io_scheduler {
public:
    explicit telltale_scheduler(const std::shared_ptr<asio::io_context>& io)
        : io_scheduler(*io),
          io_(io) {}

    void notify() noexcept override {
        if (io_.expired())
            fmt::print("notified, and the io_context is gone\n");
        else
            io_scheduler::notify();
    }

private:
    std::weak_ptr<asio::io_context> io_;
};

void no_way_back() {
    const auto io = std::make_shared<asio::io_context>(1);
    const auto guard = asio::make_work_guard(*io);
    boost::fibers::use_scheduling_algorithm<telltale_scheduler>(io);
    boost::fibers::fiber{[] { fmt::print("the fiber runs\n"); }}.join();
    fmt::print("the function returns\n");
    // ~event_loop would give the thread its old scheduler back here
}

} // namespace

int main() {
    std::thread{no_way_back}.join();
}
