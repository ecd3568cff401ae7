#include "demo_crowd.hpp"

#include "workbench/machine_limits.hpp"

#include <boost/fiber/fixedsize_stack.hpp>
#include <boost/fiber/operations.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

#include <unistd.h>

namespace ladder::fibers {

using processes::child_process;

namespace {

double memory_of_process(pid_t pid) {
    return 1024. * number_in(fmt::format("/proc/{}/smaps_rollup", pid), "Pss");
}

double page_tables_of_process(pid_t pid) {
    return 1024. * number_in(fmt::format("/proc/{}/status", pid), "VmPTE");
}

/// Of all threads on the machine: the kernel does not say it of one.
double stacks_of_kernel() {
    return 1024. * number_in("/proc/meminfo", "KernelStack");
}

std::size_t read_bytes(int fd, std::size_t count) {
    std::size_t all = 0;
    for (char buffer[512]; all < count;) {
        const ssize_t size = ::read(fd, buffer, std::min(sizeof buffer, count - all));
        if (size == 0 || (size < 0 && errno != EINTR)) break;
        if (size > 0) all += static_cast<std::size_t>(size);
    }
    return all;
}

switching::stackless_generator<int> sit_and_wait(std::size_t& ended) {
    co_yield 1;
    ++ended;
}

template <class Crowd>
cost measure(std::size_t count) {
    const auto n = static_cast<double>(count);
    const double memory_before = memory_of_process(::getpid());
    const double kernel_before = stacks_of_kernel() + page_tables_of_process(::getpid());
    const auto start = std::chrono::steady_clock::now();
    Crowd crowd{count};
    const auto started = std::chrono::steady_clock::now();
    double memory = memory_of_process(::getpid());
    double kernel = stacks_of_kernel() + page_tables_of_process(::getpid());
    if constexpr (std::is_same_v<Crowd, waiting_processes>)
        for (const auto& child : crowd.all()) {
            memory += memory_of_process(child.pid());
            kernel += page_tables_of_process(child.pid());
        }
    return {.start = (started - start) / n,
            .memory = std::max(0.0, memory - memory_before) / n,
            .kernel = std::max(0.0, kernel - kernel_before) / n,
            .ended = crowd.end()};
}

template <class Crowd>
cost in_a_fresh_process(std::size_t count) {
    auto result = processes::make_pipe();
    auto child = child_process::fork(
        [&] {
            const cost c = measure<Crowd>(count);
            const auto text =
                fmt::format("{} {} {} {}", c.start.count(), c.memory, c.kernel, c.ended);
            return processes::write_all(result.write.get(), text) ? 1 : 0;
        },
        {.die_with_parent = true});
    result.write.reset();
    const std::string text = processes::read_all(result.read.get());
    if (const auto status = child.wait(); !status.success())
        throw std::runtime_error{"the process that measures " + describe(status)};
    cost c;
    double start = 0;
    std::istringstream{text} >> start >> c.memory >> c.kernel >> c.ended;
    c.start = decltype(c.start){start};
    return c;
}

} // namespace

waiting_processes::waiting_processes(std::size_t count)
    : here_(processes::make_pipe()),
      gate_(processes::make_pipe()) {
    all_.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        all_.push_back(child_process::fork(
            [this] {
                gate_.write.reset(); // or the stream would never end
                if (::write(here_.write.get(), "", 1) != 1) return 1;
                return read_bytes(gate_.read.get(), 1) == 0 ? 0 : 1;
            },
            {.die_with_parent = true}));
    here_.write.reset();
    if (read_bytes(here_.read.get(), count) != count)
        throw std::runtime_error{"a process did not start"};
}

std::size_t waiting_processes::end() {
    gate_.write.reset();
    std::size_t ended = 0;
    for (auto& child : all_)
        ended += child.wait().success() ? 1 : 0;
    return ended;
}

waiting_threads::waiting_threads(std::size_t count) {
    all_.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        all_.emplace_back([this, count] {
            if (++here_ == count) here_.notify_all();
            open_.wait(false);
            ++ended_;
        });
    for (std::size_t now = here_; now < count; now = here_)
        here_.wait(now);
}

std::size_t waiting_threads::end() {
    open_ = true;
    open_.notify_all();
    all_.clear();
    return ended_;
}

waiting_fibers::waiting_fibers(std::size_t count) {
    open_ = gate_.get_future().share();
    const boost::fibers::fixedsize_stack stack{stack_size};
    // [waiting_fibers]
    for (std::size_t i = 0; i < count; ++i)
        all_.spawn(std::allocator_arg, stack, [this] {
            ++here_; // no lock: nobody else runs before this one waits
            open_.wait();
            ++ended_;
        });
    boost::this_fiber::yield(); // now they begin, one after the other
    // [/waiting_fibers]
    if (here_ != count) throw std::runtime_error{"a fiber did not start"};
}

std::size_t waiting_fibers::end() {
    gate_.set_value();
    all_.join();
    return ended_;
}

waiting_coroutines::waiting_coroutines(std::size_t count) {
    all_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        all_.push_back(sit_and_wait(ended_));
        all_.back().next();
    }
}

std::size_t waiting_coroutines::end() {
    for (auto& one : all_)
        one.next();
    return ended_;
}

cost cost_of_processes(std::size_t count) {
    return in_a_fresh_process<waiting_processes>(count);
}

cost cost_of_threads(std::size_t count) {
    return in_a_fresh_process<waiting_threads>(count);
}

cost cost_of_fibers(std::size_t count) {
    return in_a_fresh_process<waiting_fibers>(count);
}

cost cost_of_coroutines(std::size_t count) {
    return in_a_fresh_process<waiting_coroutines>(count);
}

double resident_memory() {
    return 1024. * number_in("/proc/self/status", "VmRSS");
}

void need_memory(double bytes) {
    const double available = 1024. * number_in("/proc/meminfo", "MemAvailable");
    if (bytes > available)
        throw std::runtime_error{
            fmt::format("this needs {:.1f} GB, and {:.1f} GB are available; a smaller "
                        "--count needs less",
                        bytes / 1e9, available / 1e9)};
}

} // namespace ladder::fibers
