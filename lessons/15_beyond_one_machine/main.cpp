// Rung 15: one list, many machines, and any of them may die.

#include "workbench/demo.hpp"

namespace ladder::beyond_one_machine {

int show_machines(), show_cluster();  // demo_machines.cpp
int show_faults(arguments);           // demo_faults.cpp
int show_acknowledgements(arguments); // demo_acknowledgements.cpp

} // namespace ladder::beyond_one_machine

int main(int argc, char** argv) {
    using namespace ladder::beyond_one_machine;
    return ladder::run_demos(
        argc, argv,
        {{"machines", "two machines, one list, and one of them is killed", show_machines},
         {"cluster", "the same with three database nodes, of which one is killed",
          show_cluster},
         {"faults",
          "kills at random, seeded [--faults N] [--urls N] [--seed N] [--gone SECONDS]"
          " [--galera]",
          show_faults},
         {"acknowledgements",
          "kills the database in the middle of 20 of them [--deaths N]",
          show_acknowledgements}});
}
