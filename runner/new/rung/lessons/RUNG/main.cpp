// Rung NN: say in one line what it shows.

#include "LESSON.hpp"
#include "workbench/demo.hpp"

#include <fmt/format.h>

using namespace ladder;

namespace {

int show(arguments) {
    fmt::print("The answer is {}.\n", LESSON::answer());
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    return run_demos(argc, argv, {{"show", "the answer", show}});
}
