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

int make_memory(std::size_t size) {
    const int descriptor = ::memfd_create("statistics", MFD_CLOEXEC);
    if (descriptor >= 0 && ::ftruncate(descriptor, static_cast<off_t>(size)) == 0)
        return descriptor;
    const std::system_error error{errno, std::generic_category(), "shared statistics"};
    if (descriptor >= 0) ::close(descriptor);
    throw error;
}

} // namespace

// Fresh memory is zero, which is what lock-free counters start as.
shared_statistics::shared_statistics()
    : descriptor_(make_memory(sizeof(slots))),
      owns_descriptor_(true),
      memory_(mappable{descriptor_}, ipc::read_write, 0, sizeof(slots)) {}

shared_statistics::shared_statistics(int inherited_descriptor)
    : descriptor_(inherited_descriptor),
      owns_descriptor_(false),
      memory_(mappable{descriptor_}, ipc::read_write, 0, sizeof(slots)) {}

shared_statistics::~shared_statistics() {
    if (owns_descriptor_) ::close(descriptor_);
}

worker_statistics& shared_statistics::operator[](std::size_t worker) noexcept {
    return (*static_cast<slots*>(memory_.get_address()))[worker];
}

std::uint64_t shared_statistics::total(
    std::atomic<std::uint64_t> worker_statistics::*counter) noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < max_workers; ++i)
        sum += ((*this)[i].*counter).load(std::memory_order_relaxed);
    return sum;
}

} // namespace ladder::fetcher
