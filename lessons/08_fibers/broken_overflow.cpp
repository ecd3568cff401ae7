// Deliberately wrong: a stack without a guard page, and a call that needs more of it than
// there is: `std::regex`, which calls itself for each character. What lies below the
// stack is overwritten, here an account book, and nothing says so. (The victims are
// processes of their own.)

#include "fiber_group.hpp"
#include "processes/child_process.hpp"

#include <boost/context/stack_context.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <new>
#include <regex>
#include <span>
#include <string>

#include <sys/mman.h>
#include <sys/resource.h>

using ladder::fibers::fiber_group;
using ladder::processes::child_process;

namespace {

constexpr std::size_t page = 4096, book_size = 8 << 20, stack_size = 64 << 10;

/// In one piece of memory: the account book, a guard page if wanted, and a stack, which
/// grows downwards, towards the book. Lives as long as its process.
class book_and_stack {
public:
    explicit book_and_stack(bool guarded)
        : memory_(static_cast<char*>(::mmap(nullptr, book_size + page + stack_size,
                                            PROT_READ | PROT_WRITE,
                                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))),
          guard_(guarded ? page : 0) {
        if (memory_ == MAP_FAILED) throw std::bad_alloc{};
        if (guarded && ::mprotect(memory_ + book_size, page, PROT_NONE) != 0)
            throw std::bad_alloc{};
    }

    std::span<char> book() const { return {memory_, book_size}; }

    boost::context::stack_context allocate() const { // what Boost.Fiber calls
        boost::context::stack_context stack;
        stack.size = stack_size;
        stack.sp = memory_ + book_size + guard_ + stack_size;
        return stack;
    }

    void deallocate(boost::context::stack_context&) const noexcept {}

private:
    char* memory_;
    std::size_t guard_;
};

int match(bool guarded) {
    const rlimit no_core{};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGSEGV, SIG_DFL); // no report by a sanitizer
    const book_and_stack memory{guarded};
    std::ranges::fill(memory.book(), '7');
    fiber_group group;
    group.spawn(std::allocator_arg, memory, [] {
        const std::regex pattern{"(a|b)*"};
        const bool matches = std::regex_match(std::string(2'000, 'a'), pattern);
        std::printf("2000 letters %s\n", matches ? "match" : "do not match");
    });
    group.join();
    const auto wrong =
        std::ranges::count_if(memory.book(), [](char c) { return c != '7'; });
    std::printf("of the account book, %td bytes are wrong\n", wrong);
    return 0;
}

} // namespace

int main() {
    for (const bool guarded : {false, true}) {
        const auto status = child_process::fork([=] { return match(guarded); }).wait();
        fmt::print("{} a guard page: the program {}\n", guarded ? "with" : "without",
                   describe(status));
    }
}
