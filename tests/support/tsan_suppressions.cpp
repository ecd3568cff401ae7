// What ThreadSanitizer reports and is no race. An exception that several threads hold is
// counted inside libstdc++, which is not instrumented: the last one to let go frees it,
// and looks like a race with the one before. For the tests, and for the programs they
// start. And a test ends at the first report, so that it is known what it was doing.

#include "sanitizer.hpp"

#include <cstdlib>

namespace {

constexpr const char* known = "race:std::__exception_ptr::exception_ptr::_M_release\n"
                              "race:std::runtime_error::~runtime_error\n"
                              "race:std::logic_error::~logic_error\n";

// Before main, so there is no other thread yet. What the user sets comes first.
[[maybe_unused]] const bool told = [] {
    return ladder::thread_sanitizer &&
           ::setenv("TSAN_OPTIONS", "suppressions=" LADDER_TSAN_SUPPRESSIONS, 0) == 0;
}();

} // namespace

extern "C" const char*
__tsan_default_suppressions() { // NOLINT(bugprone-reserved-identifier)
    return known;
}

extern "C" const char* __tsan_default_options() { // NOLINT(bugprone-reserved-identifier)
    // The watchdog's handler allocates, in a program that ends there.
    return "halt_on_error=1:report_signal_unsafe=0";
}
