#pragma once

#include "fiber_group.hpp"
#include "processes/child_process.hpp"
#include "processes/pipe.hpp"
#include "switching/stackless_generator.hpp"

#include <boost/fiber/future.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

/// Very many that wait, of four kinds. Each constructor returns when all have started and
/// wait; `end()` lets them go on, and returns how many came to their end.
namespace ladder::fibers {

class waiting_processes {
public:
    explicit waiting_processes(std::size_t count);
    std::size_t end();

    const std::vector<processes::child_process>& all() const noexcept { return all_; }

private:
    processes::pipe_ends here_, gate_; // a byte from each; the end of the stream for all
    std::vector<processes::child_process> all_;
};

class waiting_threads {
public:
    explicit waiting_threads(std::size_t count);
    std::size_t end();

private:
    std::atomic<std::size_t> here_ = 0, ended_ = 0;
    std::atomic<bool> open_ = false;
    std::vector<std::jthread> all_;
};

/// Used by the thread that made it.
class waiting_fibers {
public:
    /// On the heap, and without a guard page: with one, each stack is two mappings, and
    /// the kernel keeps only 65,530 of them for a process (vm.max_map_count).
    static constexpr std::size_t stack_size = 64 << 10;

    explicit waiting_fibers(std::size_t count);
    std::size_t end();

private:
    std::size_t here_ = 0, ended_ = 0;
    boost::fibers::shared_future<void> open_;
    fiber_group all_;
    boost::fibers::promise<void> gate_; // last: its end releases the fibers
};

/// C++20 coroutines, without a stack.
class waiting_coroutines {
public:
    explicit waiting_coroutines(std::size_t count);
    std::size_t end();

private:
    std::size_t ended_ = 0;
    std::vector<switching::stackless_generator<int>> all_;
};

/// What one of many costs.
struct cost {
    std::chrono::duration<double, std::micro> start{}; ///< Until it has begun to wait.
    double memory = 0; ///< Bytes in its process, or of it: the proportional set size.
    double kernel = 0; ///< Bytes of the kernel: its stack there, and page tables.
    std::size_t ended = 0;
};

/// Each measures in a process of its own, whose heap nobody has used before, and so must
/// be called by a process without threads and fibers. The kernel's stacks are counted on
/// the whole machine (/proc/meminfo), so other programs that start or end blur them.
/// Throws `std::runtime_error` when something cannot be started or measured.
cost cost_of_processes(std::size_t count);
cost cost_of_threads(std::size_t count);
cost cost_of_fibers(std::size_t count);
cost cost_of_coroutines(std::size_t count);

/// Resident memory of this process in bytes (/proc/self/status).
double resident_memory();

/// Throws `std::runtime_error` when less memory than this is available, so that nobody is
/// killed for wanting it (MemAvailable in /proc/meminfo).
void need_memory(double bytes);

} // namespace ladder::fibers
