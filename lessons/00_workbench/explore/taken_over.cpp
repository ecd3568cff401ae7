// Functions of the C library that wait, or end a wait, under their own names: the linker
// lets the whole program call these, libstdc++.so too. Threads outside of an exploration
// get the real ones.

#include "scheduler.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <ctime>
#include <new>

#include <dlfcn.h>
#include <linux/futex.h>
#include <malloc.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace ladder::exploring;

extern "C" void __libc_free(void*);

namespace {

template <class Function>
Function real(Function, const char* name) {
    // Those of condition variables exist twice; without a version comes the old one.
    void* found = ::dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
    if (found == nullptr) found = ::dlsym(RTLD_NEXT, name);
    return reinterpret_cast<Function>(found);
}

// Without a guard, as function-local statics have it: whoever waits for a guard calls
// syscall(), which is one of these.
template <class Function>
Function found(Function& real_one, Function type, const char* name) {
    if (__atomic_load_n(&real_one, __ATOMIC_ACQUIRE) == nullptr)
        __atomic_store_n(&real_one, real(type, name), __ATOMIC_RELEASE);
    return real_one;
}

#define LADDER_REAL(name)                                                                \
    static decltype(&::name) real_one = nullptr;                                         \
    if (self == nullptr) return found(real_one, &::name, #name)

std::int64_t nanoseconds(const timespec* t) {
    return t->tv_sec * 1'000'000'000LL + t->tv_nsec + 1; // never 0
}

// ---- locks

scheduler::mutex& state(const void* m) {
    return the_scheduler->mutexes[m];
}

bool is_free(const thread& t) {
    const auto& m = state(t.on);
    return m.owner < 0 && m.readers == 0;
}

bool may_read(const thread& t) {
    return state(t.on).owner < 0;
}

/// Where readers leave what they have done: for the next writer, and not for each other.
const void* of_readers(const void* m) {
    return static_cast<const char*>(m) + 1;
}

void become_owner(thread& me, const void* m) {
    state(m) = {.owner = me.id};
    the_scheduler->acquire(me, m);
    the_scheduler->acquire(me, of_readers(m));
    the_scheduler->note(me, does::locks, m);
}

void become_reader(thread& me, const void* m) {
    ++state(m).readers;
    the_scheduler->acquire(me, m);
    the_scheduler->note(me, does::locks, m);
}

/// For ever, or until then. 0, or ETIMEDOUT.
int lock(thread& me, const void* m, std::int64_t until = 0, bool recursive = false) {
    the_scheduler->point(me);
    if (recursive && state(m).owner == me.id) return ++state(m).depth, 0;
    if (!the_scheduler->block(me, does::waits_for_lock, m, is_free, until))
        return ETIMEDOUT;
    become_owner(me, m);
    return 0;
}

int try_lock(thread& me, const void* m, bool shared = false, bool recursive = false) {
    the_scheduler->tries_to_lock();
    the_scheduler->point(me);
    auto& is = state(m);
    if (recursive && is.owner == me.id) return ++is.depth, 0;
    if (is.owner >= 0 || (!shared && is.readers > 0)) {
        the_scheduler->note(me, does::looks_in_vain, m);
        the_scheduler->touch(me, m, false);
        the_scheduler->looked(me, m, 0, 1);
        return EBUSY;
    }
    if (shared)
        become_reader(me, m);
    else
        become_owner(me, m);
    return 0;
}

int unlock(thread& me, const void* m) {
    if (the_scheduler->out().unlocks_are_points) the_scheduler->point(me);
    auto& is = state(m);
    if (is.owner == me.id && is.depth > 0) return --is.depth, 0;
    if (is.owner >= 0 && is.owner != me.id)
        the_scheduler->fail(&me, "a mutex is unlocked by a thread that did not lock it");
    if (is.owner < 0 && is.readers == 0)
        the_scheduler->fail(&me, "a mutex is unlocked that is not locked");
    the_scheduler->release(me, is.owner >= 0 ? m : of_readers(m));
    if (is.owner >= 0)
        is.owner = -1;
    else
        --is.readers;
    the_scheduler->changed();
    the_scheduler->note(me, does::unlocks, m);
    return 0;
}

bool is_recursive(const pthread_mutex_t* m) {
    return (m->__data.__kind & 3) == PTHREAD_MUTEX_RECURSIVE;
}

// ---- who sleeps, and who wakes

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

int sleep_until(std::int64_t until) {
    const inside in;
    the_scheduler->block(in.me(), does::sleeps, nullptr, nullptr, until);
    return 0;
}

} // namespace

extern "C" {

int pthread_mutex_lock(pthread_mutex_t* m) noexcept {
    LADDER_REAL(pthread_mutex_lock)(m);
    const inside in;
    return lock(in.me(), m, 0, is_recursive(m));
}

int pthread_mutex_trylock(pthread_mutex_t* m) noexcept {
    LADDER_REAL(pthread_mutex_trylock)(m);
    const inside in;
    return try_lock(in.me(), m, false, is_recursive(m));
}

int pthread_mutex_timedlock(pthread_mutex_t* m, const timespec* until) noexcept {
    LADDER_REAL(pthread_mutex_timedlock)(m, until);
    const inside in;
    return lock(in.me(), m, nanoseconds(until), is_recursive(m));
}

int pthread_mutex_clocklock(pthread_mutex_t* m, clockid_t clock,
                            const timespec* until) noexcept {
    LADDER_REAL(pthread_mutex_clocklock)(m, clock, until);
    const inside in;
    return lock(in.me(), m, nanoseconds(until), is_recursive(m));
}

int pthread_mutex_unlock(pthread_mutex_t* m) noexcept {
    LADDER_REAL(pthread_mutex_unlock)(m);
    const inside in;
    return unlock(in.me(), m);
}

int pthread_rwlock_rdlock(pthread_rwlock_t* m) noexcept {
    LADDER_REAL(pthread_rwlock_rdlock)(m);
    const inside in;
    the_scheduler->point(in.me());
    the_scheduler->block(in.me(), does::waits_for_lock, m, may_read);
    become_reader(in.me(), m);
    return 0;
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t* m) noexcept {
    LADDER_REAL(pthread_rwlock_tryrdlock)(m);
    const inside in;
    return try_lock(in.me(), m, true);
}

int pthread_rwlock_wrlock(pthread_rwlock_t* m) noexcept {
    LADDER_REAL(pthread_rwlock_wrlock)(m);
    const inside in;
    return lock(in.me(), m);
}

int pthread_rwlock_trywrlock(pthread_rwlock_t* m) noexcept {
    LADDER_REAL(pthread_rwlock_trywrlock)(m);
    const inside in;
    return try_lock(in.me(), m);
}

int pthread_rwlock_unlock(pthread_rwlock_t* m) noexcept {
    LADDER_REAL(pthread_rwlock_unlock)(m);
    const inside in;
    return unlock(in.me(), m);
}

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
    LADDER_REAL(pthread_cond_signal)(c);
    const inside in;
    the_scheduler->point(in.me());
    return wake(in.me(), c, 1), 0;
}

int pthread_cond_broadcast(pthread_cond_t* c) noexcept {
    LADDER_REAL(pthread_cond_broadcast)(c);
    const inside in;
    the_scheduler->point(in.me());
    return wake(in.me(), c, max_threads), 0;
}

int pthread_cond_destroy(pthread_cond_t* c) noexcept {
    LADDER_REAL(pthread_cond_destroy)(c);
    const inside in;
    if (!the_scheduler->sleepers[c].empty())
        the_scheduler->fail(&in.me(),
                            "a condition variable is gone, and somebody sleeps");
    return 0;
}

int pthread_once(pthread_once_t* once, void (*function)()) {
    LADDER_REAL(pthread_once)(once, function);
    constexpr int runs = 1, done = 2;
    {
        const inside in;
        the_scheduler->point(in.me());
        the_scheduler->block(in.me(), does::sleeps, once, [](const thread& t) {
            return the_scheduler->counts[t.on] != runs;
        });
        if (the_scheduler->counts[once] == done)
            return the_scheduler->acquire(in.me(), once), 0;
        the_scheduler->counts[once] = runs;
    }
    const auto becomes = [&](int state) {
        const inside in;
        the_scheduler->counts[once] = state;
        the_scheduler->release(in.me(), once);
        the_scheduler->changed();
    };
    try {
        function();
    } catch (...) {
        becomes(0); // the next one tries again
        throw;
    }
    becomes(done);
    return 0;
}

int pthread_create(pthread_t* handle, const pthread_attr_t* attributes,
                   void* (*function)(void*), void* argument) noexcept {
    LADDER_REAL(pthread_create)(handle, attributes, function, argument);
    const inside in;
    *handle = the_scheduler->start(in.me(), function, argument)->handle;
    the_scheduler->point(in.me());
    return 0;
}

int pthread_join(pthread_t handle, void** value) {
    LADDER_REAL(pthread_join)(handle, value);
    const inside in;
    for (thread* t : the_scheduler->threads)
        if (::pthread_equal(t->handle, handle) != 0) {
            the_scheduler->point(in.me());
            the_scheduler->block(in.me(), does::joins, t, [](const thread& me) {
                return static_cast<const thread*>(me.on)->ended;
            });
            the_scheduler->acquire(in.me(), t);
            return 0;
        }
    return ESRCH;
}

int pthread_detach(pthread_t handle) noexcept {
    LADDER_REAL(pthread_detach)(handle);
    return 0; // joined when the order is over
}

int sem_init(sem_t* s, int shared, unsigned value) noexcept {
    LADDER_REAL(sem_init)(s, shared, value);
    const inside in;
    the_scheduler->counts[s] = static_cast<int>(value);
    return 0;
}

int sem_wait(sem_t* s) {
    LADDER_REAL(sem_wait)(s);
    const inside in;
    the_scheduler->point(in.me());
    the_scheduler->block(in.me(), does::sleeps, s,
                         [](const thread& t) { return the_scheduler->counts[t.on] > 0; });
    --the_scheduler->counts[s];
    the_scheduler->acquire(in.me(), s);
    return 0;
}

int sem_trywait(sem_t* s) noexcept {
    LADDER_REAL(sem_trywait)(s);
    const inside in;
    the_scheduler->point(in.me());
    int& count = the_scheduler->counts[s];
    if (count == 0) {
        the_scheduler->touch(in.me(), s, false);
        the_scheduler->looked(in.me(), s, 0, 0);
        return errno = EAGAIN, -1;
    }
    --count;
    the_scheduler->acquire(in.me(), s);
    return 0;
}

int sem_post(sem_t* s) noexcept {
    LADDER_REAL(sem_post)(s);
    const inside in;
    the_scheduler->point(in.me());
    ++the_scheduler->counts[s];
    the_scheduler->release(in.me(), s);
    the_scheduler->changed();
    return 0;
}

int sched_yield() noexcept {
    LADDER_REAL(sched_yield)();
    const inside in; // whoever looks in vain is noticed by what it looks at
    the_scheduler->point(in.me());
    return 0;
}

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

// Memory is not used again in an order: nobody is blamed for what others did there.
void free(void* memory) noexcept {
    if (self == nullptr || memory == nullptr) return __libc_free(memory);
    const inside in;
    the_scheduler->deleted.push_back(memory);
}

} // extern "C"

void operator delete(void* memory) noexcept {
    if (self == nullptr || memory == nullptr) return __libc_free(memory);
    const auto pc = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
    const inside in;
    the_scheduler->access(in.me(), memory, ::malloc_usable_size(memory), does::deletes,
                          pc);
    the_scheduler->deleted.push_back(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    operator delete(memory);
}
void operator delete[](void* memory) noexcept {
    operator delete(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    operator delete(memory);
}
