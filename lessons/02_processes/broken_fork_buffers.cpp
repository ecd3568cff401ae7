// Deliberately wrong: forks while stdio holds bytes that are not written yet. Both
// processes have them, and both write them.

#include <cstdio>
#include <cstdlib>

#include <sys/wait.h>
#include <unistd.h>

int main() {
    std::printf("one line, once; then "); // in the buffer
    const pid_t pid = ::fork();
    if (pid == 0) {
        std::printf("the child\n");
        std::exit(0); // writes the buffer
    }
    ::waitpid(pid, nullptr, 0);
    std::printf("the parent\n");
}
