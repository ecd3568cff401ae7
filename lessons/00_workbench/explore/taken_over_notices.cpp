// Who sleeps until somebody wakes it: condition variables and futexes.

#include "taken_over.hpp"

#include <cerrno>
#include <cstdarg>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace ladder::exploring;

namespace {

/// False when the time is over.
bool sleep_on(thread& me, const void* on, std::int64_t until = 0) {
    auto& asleep = the_scheduler->sleepers[on];
    asleep.push_back(&me);
    the_scheduler->touch(me, on, true);
    if (!the_scheduler->block(me, does::sleeps, on, nullptr, until)) {
        std::erase(the_scheduler->sleepers[on], &me);
        the_scheduler->note(me, does::times_out, on);
        return false;
    }
    the_scheduler->note(me, does::wakes_up, on);
    return true;
}

/// Any of them may be the one.
int wake(thread& me, const void* on, int count) {
    the_scheduler->note(me, does::notifies, on);
    the_scheduler->touch(me, on, true);
    the_scheduler->changed();
    auto& asleep = the_scheduler->sleepers[on];
    int woken = 0;
    for (; woken < count && !asleep.empty(); ++woken) {
        const std::array<std::uint8_t, max_threads> free{};
        const std::size_t which =
            count > 1 ? 0 : the_scheduler->choose({free.data(), asleep.size()});
        the_scheduler->touch(me, on, true, which);
        scheduler::wake(*asleep[which]);
        asleep.erase(asleep.begin() + static_cast<std::ptrdiff_t>(which));
    }
    return woken;
}

int wait(const void* condition, pthread_mutex_t* m, std::int64_t until = 0) {
    const inside in;
    thread& me = in.me();
    the_scheduler->point(me);
    unlock(me, m);
    const bool woken = sleep_on(me, condition, until);
    the_scheduler->block(me, does::waits_for_lock, m, is_free);
    become_owner(me, m);
    return woken ? 0 : ETIMEDOUT;
}

long futex(thread& me, std::uint32_t* at, int operation, std::uint32_t value,
           const timespec* limit) {
    const int command = operation & FUTEX_CMD_MASK;
    the_scheduler->point(me);
    if (command == FUTEX_WAKE || command == FUTEX_WAKE_BITSET) {
        const int woken = wake(me, at, static_cast<int>(value));
        the_scheduler->notified[at] = the_scheduler->changes();
        return woken;
    }
    // A futex may wake by itself. libstdc++ 12's counting_semaphore needs that, when the
    // count went down and up again since it looked (GCC's bug 104928); whoever looked
    // after the last notice does not.
    const bool noticed = the_scheduler->notified[at] > me.last_look[at];
    if (*at != value || noticed) return errno = EAGAIN, -1;
    std::int64_t until = 0;
    if (limit != nullptr)
        until = nanoseconds(limit) + (command == FUTEX_WAIT ? the_scheduler->now : 0);
    if (sleep_on(me, at, until)) return 0;
    return errno = ETIMEDOUT, -1;
}

} // namespace

extern "C" {

int pthread_cond_wait(pthread_cond_t* c, pthread_mutex_t* m) {
    LADDER_REAL(pthread_cond_wait)(c, m);
    return wait(c, m);
}

int pthread_cond_timedwait(pthread_cond_t* c, pthread_mutex_t* m, const timespec* until) {
    LADDER_REAL(pthread_cond_timedwait)(c, m, until);
    return wait(c, m, nanoseconds(until));
}

int pthread_cond_clockwait(pthread_cond_t* c, pthread_mutex_t* m, clockid_t clock,
                           const timespec* until) {
    LADDER_REAL(pthread_cond_clockwait)(c, m, clock, until);
    return wait(c, m, nanoseconds(until));
}

int pthread_cond_signal(pthread_cond_t* c) noexcept {
    LADDER_INSIDE(pthread_cond_signal, c);
    the_scheduler->point(in.me());
    return wake(in.me(), c, 1), 0;
}

int pthread_cond_broadcast(pthread_cond_t* c) noexcept {
    LADDER_INSIDE(pthread_cond_broadcast, c);
    the_scheduler->point(in.me());
    return wake(in.me(), c, max_threads), 0;
}

int pthread_cond_destroy(pthread_cond_t* c) noexcept {
    LADDER_INSIDE(pthread_cond_destroy, c);
    the_scheduler->touch(in.me(), c, true);
    if (!the_scheduler->sleepers[c].empty())
        the_scheduler->fail(&in.me(),
                            "a condition variable is gone, and somebody sleeps");
    return 0;
}

long syscall(long number, ...) noexcept {
    std::va_list list;
    va_start(list, number);
    std::array<long, 6> a{};
    for (long& each : a)
        each = va_arg(list, long);
    va_end(list);
    if (number == SYS_futex && self != nullptr) {
        const inside in;
        return futex(in.me(), reinterpret_cast<std::uint32_t*>(a[0]),
                     static_cast<int>(a[1]), static_cast<std::uint32_t>(a[2]),
                     reinterpret_cast<const timespec*>(a[3]));
    }
    static decltype(&::syscall) real_one = nullptr;
    return found(real_one, &::syscall, "syscall")(number, a[0], a[1], a[2], a[3], a[4],
                                                  a[5]);
}

} // extern "C"
