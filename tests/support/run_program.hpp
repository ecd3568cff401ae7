#pragma once

#include <string>
#include <vector>

namespace ladder {

struct program_result {
    int status = 0;     ///< As a shell has it: 128 + n when signal n ended it.
    std::string output; ///< What it wrote, to standard output and standard error.
};

/// Runs a program, without a shell and with nothing to read, and waits for its end. It is
/// killed when it takes longer than a minute, and when this process dies.
program_result run_program(const std::vector<std::string>& argv);

} // namespace ladder
