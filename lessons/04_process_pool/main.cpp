#include "demo.hpp"
#include "process_pool.hpp"

int main(int argc, char** argv) {
    return ladder::run_demos(argc, argv,
                             {ladder::fetch_demo(ladder::process_pool::fetch_all)});
}
