// Every order of two threads that deposit. The program that tries them is compiled in a
// way of its own: orders/main.cpp.

#include <cstdio>
#include <cstdlib>

namespace ladder::threads {

int show_orders();

int show_orders() {
    std::fflush(stdout);
    return std::system(LADDER_BIN_DIR "/05_threads_orders") == 0 ? 0 : 1;
}

} // namespace ladder::threads
