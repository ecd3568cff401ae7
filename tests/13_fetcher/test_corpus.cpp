// In one thread: ThreadSanitizer has nothing to say here.

// What fuzzing found worth keeping, once more; tests/fuzz/targets.hpp says how it was
// found.

#include "../fuzz/targets.hpp"
#include "fetcher_program.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace ladder::fetcher::test;

TEST_CASE("what fuzzing has found is still right") {
    for (const auto& target : ladder::fuzz::targets) {
        const std::string folder = LADDER_CORPUS "/" + std::string{target.name};
        const auto files = files_below(folder);
        INFO(folder);
        CHECK_FALSE(files.empty());
        for (const std::string& file : files) {
            INFO(file);
            CHECK_NOTHROW(target.run(read_file(file)));
        }
        CHECK_NOTHROW(target.run(""));
    }
}
