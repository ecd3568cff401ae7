// Rung NN: say in one line what it shows.

#include "LESSON.hpp"
#include "workbench/demo.hpp"

#include <fmt/format.h>

using namespace ladder;

static int show(std::span<const std::string>) {
    fmt::print("The answer is {}.\n", LESSON::answer());
    return 0;
}

int main(int argc, char** argv) {
    return run_demos(argc, argv, {{"show", "the answer", show}});
}
