// Clocks, and sleep for a time.

#include "taken_over.hpp"

using namespace ladder::exploring;

namespace {

int sleep_until(std::int64_t until) {
    const inside in;
    the_scheduler->block(in.me(), does::sleeps, nullptr, nullptr, until);
    return 0;
}

} // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* t) noexcept {
    LADDER_REAL(clock_gettime)(clock, t);
    the_scheduler->now += 1'000;
    *t = {.tv_sec = the_scheduler->now / 1'000'000'000,
          .tv_nsec = the_scheduler->now % 1'000'000'000};
    return 0;
}

int nanosleep(const timespec* t, timespec* rest) {
    LADDER_REAL(nanosleep)(t, rest);
    return sleep_until(the_scheduler->now + nanoseconds(t));
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* t, timespec* rest) {
    LADDER_REAL(clock_nanosleep)(clock, flags, t, rest);
    return sleep_until(nanoseconds(t) + (flags == 0 ? the_scheduler->now : 0));
}

} // extern "C"
