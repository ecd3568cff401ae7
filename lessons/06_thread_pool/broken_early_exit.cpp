// Deliberately wrong: a map that leaves with the first error, while tasks behind it still
// use what goes away with it.
// shown-by: AddressSanitizer

#include "thread_pool.hpp"

#include <cstdio>
#include <latch>
#include <memory>
#include <stdexcept>

using pool_type = ladder::thread_pool::thread_pool;

namespace {

int sum(pool_type& pool, std::latch& has_left) {
    const auto number = std::make_unique<int>(42);
    auto first = pool.submit([]() -> int { throw std::runtime_error{"no such page"}; });
    auto second = pool.submit([number = number.get(), &has_left] {
        has_left.wait(); // it is slow, as a page may be
        std::printf("the second task reads %s\n",
                    *number == 42 ? "42" : "something else");
        return *number;
    });
    return first.get() + second.get(); // the first one throws
}

} // namespace

int main() {
    std::latch has_left{1};
    pool_type pool{2};
    try {
        std::printf("%d\n", sum(pool, has_left));
    } catch (const std::runtime_error& error) {
        std::printf("sum has left: %s\n", error.what());
    }
    std::fflush(stdout); // the next line may be the last
    has_left.count_down();
    pool.finish();
}
