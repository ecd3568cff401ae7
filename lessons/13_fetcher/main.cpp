#include "command_line.hpp"
#include "job.hpp"
#include "job_status.hpp"
#include "kill_order.hpp"
#include "queue_program.hpp"
#include "session.hpp"
#include "verify.hpp"
#include "workbench/last_error.hpp"
#include "worker.hpp"

#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

using namespace ladder::fetcher;

namespace {

/// What a shell closed must not become the number of a file that we open.
void occupy_standard_descriptors() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(fd, F_GETFD) < 0) // opened the wrong way round: still of no use
            ::open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY);
}

/// This status, when what it is about got out.
int told(int status) {
    if (std::fflush(stdout) != 0) throw ladder::last_error("standard output");
    return status;
}

} // namespace

int main(int argc, char** argv) try {
    occupy_standard_descriptors();
    if (wants_queue(argc, argv)) become_queue_fetcher(argv);
    obey_kill_order();
    const std::string_view first = argc > 1 ? argv[1] : "";
    if (argc == 2 && first == worker_argument) return run_worker();
    if (first == "status") return told(show_status(argc - 1, argv + 1));
    if (first == "verify") return told(verify(argc - 1, argv + 1));

    int status = 0;
    const auto options = first == "resume" ? parse_resume(argc - 1, argv + 1, status)
                                           : parse_command_line(argc, argv, status);
    return options ? run_session(*options) : status;
} catch (const job_error& error) {
    std::fprintf(stderr, "fetcher: %s\n", error.what());
    return 2;
} catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "fetcher: %s\n", error.what());
    return 2;
} catch (const std::system_error& error) {
    const bool unread = error.code() == std::errc::broken_pipe;
    std::fprintf(stderr, "fetcher: %s\n",
                 unread ? "nobody reads the results any more; stopped" : error.what());
    return 1;
} catch (const std::bad_alloc&) {
    std::fputs("fetcher: not enough memory; try fewer pages at a time (-c, -p)\n",
               stderr);
    return 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "fetcher: %s\n", error.what());
    return 1;
}
