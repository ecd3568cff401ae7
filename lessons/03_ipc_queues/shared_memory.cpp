#include "shared_memory.hpp"

#include "processes/unique_fd.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace ladder::ipc_queues {

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error{errno, std::generic_category(), what};
}

void* map(std::size_t size, int flags, int fd) {
    void* const data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (data == MAP_FAILED) fail("mmap");
    return data;
}

} // namespace

shared_memory shared_memory::anonymous(std::size_t size) {
    return {map(size, MAP_SHARED | MAP_ANONYMOUS, -1), size};
}

shared_memory shared_memory::create(const std::string& name, std::size_t size) {
    const std::string path = '/' + name;
    const processes::unique_fd file{
        ::shm_open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!file) fail("shm_open " + path);
    // ENOSPC now is better than SIGBUS later, in the middle of a write.
    if (const int error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(size))) {
        ::shm_unlink(path.c_str());
        throw std::system_error{error, std::generic_category(), "posix_fallocate"};
    }
    return {map(size, MAP_SHARED, file.get()), size};
}

shared_memory shared_memory::open(const std::string& name) {
    const std::string path = '/' + name;
    const processes::unique_fd file{::shm_open(path.c_str(), O_RDWR | O_CLOEXEC, 0)};
    struct stat about {};
    if (!file || ::fstat(file.get(), &about) != 0) fail("shm_open " + path);
    const auto size = static_cast<std::size_t>(about.st_size);
    return {map(size, MAP_SHARED, file.get()), size};
}

shared_memory::~shared_memory() {
    if (data_ != nullptr) ::munmap(data_, size_);
}

} // namespace ladder::ipc_queues
