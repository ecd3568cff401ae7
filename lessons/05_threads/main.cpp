// Rung 05: threads share everything, and take turns when the kernel likes.

#include "workbench/demo.hpp"

namespace ladder::threads {

int show_deposits(), show_transfers(); // demo_accounts.cpp
int show_start(), show_switches();     // demo_costs.cpp
int show_order();                      // demo_slices.cpp
int show_orders();                     // demo_orders.cpp
int show_queue(), show_stop();         // demo_queue.cpp

} // namespace ladder::threads

int main(int argc, char** argv) {
    using namespace ladder::threads;
    return ladder::run_demos(
        argc, argv,
        {{"deposit", "the lost update, forced, and what helps", show_deposits},
         {"orders", "all orders of two deposits, and which lose", show_orders},
         {"shared", "what a process and a thread share, and cost", show_start},
         {"order", "two threads and one core: the kernel decides", show_order},
         {"queue", "a bounded queue: the faster one waits, asleep", show_queue},
         {"stop", "a thread that waits is asked to stop", show_stop},
         {"switches", "what it costs to change to another thread", show_switches},
         {"transfer", "two locks, and no deadlock", show_transfers}});
}
