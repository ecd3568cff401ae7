// Rung 10 with callbacks instead of coroutines: only the demo `fetch`, so that the two
// can be run side by side.

#include "asio_callbacks.hpp"
#include "workbench/demo.hpp"

int main(int argc, char** argv) {
    return ladder::run_demos(argc, argv,
                             {ladder::fetch_demo(ladder::asio_callbacks::fetch_all)});
}
