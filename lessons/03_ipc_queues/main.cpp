// Rung 03: ways from one process to another, what they hold, and what stays behind.

#include "workbench/demo.hpp"

namespace ladder::ipc_queues {

int show_pipe(), show_queue(); // demo_letters.cpp
int show_atomics();            // demo_atomics.cpp
int show_capacity();           // demo_capacity.cpp
int show_names();              // demo_names.cpp

} // namespace ladder::ipc_queues

int main(int argc, char** argv) {
    using namespace ladder::ipc_queues;
    return ladder::run_demos(
        argc, argv,
        {{"pipe", "A, B, C through a pipe; the end of the stream is the end", show_pipe},
         {"queue", "A, B, C through a message queue; the end is a message", show_queue},
         {"atomics", "two processes count in the same memory", show_atomics},
         {"capacity", "what fits, and who waits when it is full", show_capacity},
         {"names", "a crash leaves a name behind; how to find and remove it",
          show_names}});
}
