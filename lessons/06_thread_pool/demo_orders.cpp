// Every order of a pool's threads. The program that tries them is compiled in a way of
// its own: orders/main.cpp.

#include <cstdio>
#include <cstdlib>

namespace ladder::thread_pool {

int show_orders();

int show_orders() {
    std::fflush(stdout);
    return std::system(LADDER_BIN_DIR "/06_thread_pool_orders") == 0 ? 0 : 1;
}

} // namespace ladder::thread_pool
