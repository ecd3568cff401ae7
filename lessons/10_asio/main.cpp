// Rung 10: the loop of rung 09 as others have built it, and coroutines on it.

#include "asio.hpp"
#include "demo.hpp"

int main(int argc, char** argv) {
    return ladder::run_demos(argc, argv, {ladder::fetch_demo(ladder::asio::fetch_all)});
}
