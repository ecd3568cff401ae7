// Rung 03: ways from one process to another, what they hold, and what stays behind.

#include "demos.hpp"
#include "workbench/demo.hpp"

using namespace ladder;
using namespace ladder::ipc_queues;

int main(int argc, char** argv) {
    return run_demos(
        argc, argv,
        {{"pipe", "A, B, C through a pipe; the end of the stream is the end", show_pipe},
         {"queue", "A, B, C through a message queue; the end is a message", show_queue},
         {"atomics", "two processes count in the same memory", show_atomics},
         {"capacity", "what fits, and who waits when it is full", show_capacity},
         {"names", "a crash leaves a name behind; how to find and remove it",
          show_names}});
}
