#include "statistics.hpp"

#include <cerrno>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

namespace ladder::fetcher {

namespace ipc = boost::interprocess;

namespace {

/// What Boost.Interprocess asks of something that can be mapped.
struct mappable {
    int descriptor;

    ipc::mapping_handle_t get_mapping_handle() const { return {descriptor, false}; }
};

processes::unique_fd make_memory(std::size_t size) {
    processes::unique_fd file{::memfd_create("statistics", MFD_CLOEXEC)};
    if (!file || ::ftruncate(file.get(), static_cast<off_t>(size)) != 0)
        throw std::system_error{errno, std::generic_category(), "shared statistics"};
    return file;
}

} // namespace

// Fresh memory is zero, which is what lock-free counters start as.
shared_statistics::shared_statistics()
    : memory_file_(make_memory(sizeof(shared_memory))),
      memory_(mappable{memory_file_.get()}, ipc::read_write, 0, sizeof(shared_memory)) {}

shared_statistics::shared_statistics(int inherited_descriptor)
    : memory_(mappable{inherited_descriptor}, ipc::read_write, 0, sizeof(shared_memory)) {
}

worker_statistics& shared_statistics::operator[](std::size_t worker) noexcept {
    return static_cast<shared_memory*>(memory_.get_address())->slots[worker];
}

std::atomic<std::uint64_t>& shared_statistics::arrivals() noexcept {
    return static_cast<shared_memory*>(memory_.get_address())->arrivals;
}

std::uint64_t shared_statistics::total(
    std::atomic<std::uint64_t> worker_statistics::*counter) noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < max_workers; ++i)
        sum += ((*this)[i].*counter).load(std::memory_order_relaxed);
    return sum;
}

} // namespace ladder::fetcher
