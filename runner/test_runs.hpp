#pragma once

#include "course.hpp"
#include "program.hpp"

#include <istream>
#include <string>
#include <string_view>

namespace ladder::learn {

/// What became of tests.
struct test_counts {
    int passed = 0;
    int failed = 0;  ///< Also those that could not run.
    int skipped = 0; ///< They said so themselves, or are switched off.

    bool operator==(const test_counts&) const = default;
};

/// Counts what ctest(1) writes with --output-junit.
test_counts count_junit(std::istream& report);

/// Of what ctest(1) prints, all but the tests that begin, pass or are skipped.
std::string what_went_wrong(std::string_view said);

/// Can a test that the regular expression `filter` matches exist? Looks in the sources,
/// so that a wrong name is told before anything is built. Only a "no" is certain.
bool may_match_a_test(const std::string& filter, const course& c);

/// `./learn test`: builds and runs what `filter` matches; without one all tests, also
/// with the sanitizers, and builds the documentation; if `quick`, those of the code
/// alone, once, with AddressSanitizer. All tests of a preset that passed run `again` only
/// when asked, as long as nothing has changed. Prints one line of counts. Returns the
/// exit status. Throws `usage_error` when the filter matches nothing.
int run_tests(const std::string& filter, bool quick, bool again, const course& c,
              program_runner& runner);

} // namespace ladder::learn
