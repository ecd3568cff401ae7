// Files and an event loop: epoll refuses them, and what helps instead.

#include "processes/unique_fd.hpp"
#include "workbench/temporary.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace ladder::event_loop {

namespace {

using processes::unique_fd;

constexpr std::size_t block = 4'096, blocks_in_file = 16'384, to_read = 2'048;

struct release {
    void operator()(void* memory) const { std::free(memory); }
};

/// Memory of one block, where a read past the cache may put one (O_DIRECT in open(2)).
std::unique_ptr<void, release> one_block() {
    return std::unique_ptr<void, release>{std::aligned_alloc(block, block)};
}

void fill(const std::string& path) {
    const unique_fd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    const std::vector<char> some(64 * block, 'x');
    for (std::size_t i = 0; i < blocks_in_file / 64; ++i)
        if (::write(file.get(), some.data(), some.size()) < 0)
            throw std::system_error{errno, std::generic_category(), path};
    ::fsync(file.get());
}

/// Opens it past the kernel's cache; with the cache, where a file system has no other
/// way.
unique_fd open_past_the_cache(const std::string& path) {
    unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT)};
    if (!file) file = unique_fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) throw std::system_error{errno, std::generic_category(), path};
    return file;
}

/// Reads blocks at random; returns how long it took.
std::chrono::duration<double> read_with(int threads, int file) {
    const auto start = std::chrono::steady_clock::now();
    std::atomic<std::size_t> next{0};
    {
        std::vector<std::jthread> readers;
        for (int i = 0; i < threads; ++i)
            readers.emplace_back([&, i] {
                std::minstd_rand random(static_cast<unsigned>(i) + 1);
                const auto memory = one_block();
                while (next++ < to_read) {
                    const auto where = random() % blocks_in_file * block;
                    if (::pread(file, memory.get(), block, static_cast<off_t>(where)) < 0)
                        std::perror("pread");
                }
            });
    }
    return std::chrono::steady_clock::now() - start;
}

} // namespace

int show_files() {
    const temporary_file file;
    fill(file.path());
    const unique_fd fd = open_past_the_cache(file.path());

    const unique_fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    epoll_event event{.events = EPOLLIN, .data = {}};
    const int added = ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd.get(), &event);
    fmt::print("a file in epoll: {}\n",
               added != 0 ? std::generic_category().message(errno) : "is watched");

    fmt::print("{} blocks of 4 KB, here and there in a file, past the cache:\n", to_read);
    const auto one = read_with(1, fd.get()), many = read_with(16, fd.get());
    fmt::print("one thread   {:>6.1f} ms\n16 threads   {:>6.1f} ms, {:.1f} × as fast\n",
               one.count() * 1000, many.count() * 1000, one / many);
    return 0;
}

} // namespace ladder::event_loop
