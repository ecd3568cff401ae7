#pragma once

#include "processes/child_process.hpp"

#include <array>
#include <csignal>
#include <functional>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace ladder {

/// Does in a process of its own what may end the program when it is wrong, and says how
/// that ended: "yes" or "no", what `work` returned; "it threw"; or the signal. An answer
/// that does not come ends after ten seconds.
inline std::string in_a_process(const std::function<bool()>& work) {
    const auto victim = [&] {
        const rlimit no_core{};
        ::setrlimit(RLIMIT_CORE, &no_core);
        for (const int signal :
             std::array{SIGSEGV, SIGABRT, SIGBUS, SIGALRM, SIGILL, SIGFPE})
            std::signal(signal, SIG_DFL); // nobody's report
        ::alarm(10);
        try {
            return work() ? 10 : 11;
        } catch (...) {
            return 12;
        }
    };
    const auto status = processes::child_process::fork(victim).wait();
    if (status.signalled()) return "the program was " + describe(status);
    switch (status.code()) {
    case 10:
        return "yes";
    case 11:
        return "no";
    case 12:
        return "it threw";
    default:
        return "the program " + describe(status);
    }
}

} // namespace ladder
