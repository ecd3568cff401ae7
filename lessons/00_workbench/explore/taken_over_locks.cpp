// Mutexes, and locks for readers and writers.

#include "taken_over.hpp"

#include <cerrno>

using namespace ladder::exploring;

namespace {

scheduler::mutex& state(const void* m) {
    return the_scheduler->mutexes[m];
}

bool may_read(const thread& t) {
    return state(t.on).owner < 0;
}

/// Where readers leave what they have done: for the next writer, and not for each other.
const void* of_readers(const void* m) {
    return static_cast<const char*>(m) + 1;
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

bool is_recursive(const pthread_mutex_t* m) {
    return (m->__data.__kind & 3) == PTHREAD_MUTEX_RECURSIVE;
}

} // namespace

namespace ladder::exploring {

bool is_free(const thread& t) {
    const auto& m = state(t.on);
    return m.owner < 0 && m.readers == 0;
}

void become_owner(thread& me, const void* m) {
    state(m) = {.owner = me.id};
    the_scheduler->acquire(me, m);
    the_scheduler->acquire(me, of_readers(m));
    the_scheduler->note(me, does::locks, m);
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

} // namespace ladder::exploring

extern "C" {

int pthread_mutex_lock(pthread_mutex_t* m) noexcept {
    LADDER_INSIDE(pthread_mutex_lock, m);
    return lock(in.me(), m, 0, is_recursive(m));
}

int pthread_mutex_trylock(pthread_mutex_t* m) noexcept {
    LADDER_INSIDE(pthread_mutex_trylock, m);
    return try_lock(in.me(), m, false, is_recursive(m));
}

int pthread_mutex_timedlock(pthread_mutex_t* m, const timespec* until) noexcept {
    LADDER_INSIDE(pthread_mutex_timedlock, m, until);
    return lock(in.me(), m, nanoseconds(until), is_recursive(m));
}

int pthread_mutex_clocklock(pthread_mutex_t* m, clockid_t clock,
                            const timespec* until) noexcept {
    LADDER_INSIDE(pthread_mutex_clocklock, m, clock, until);
    return lock(in.me(), m, nanoseconds(until), is_recursive(m));
}

int pthread_mutex_unlock(pthread_mutex_t* m) noexcept {
    LADDER_INSIDE(pthread_mutex_unlock, m);
    return unlock(in.me(), m);
}

int pthread_rwlock_rdlock(pthread_rwlock_t* m) noexcept {
    LADDER_INSIDE(pthread_rwlock_rdlock, m);
    the_scheduler->point(in.me());
    the_scheduler->block(in.me(), does::waits_for_lock, m, may_read);
    become_reader(in.me(), m);
    return 0;
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t* m) noexcept {
    LADDER_INSIDE(pthread_rwlock_tryrdlock, m);
    return try_lock(in.me(), m, true);
}

int pthread_rwlock_wrlock(pthread_rwlock_t* m) noexcept {
    LADDER_INSIDE(pthread_rwlock_wrlock, m);
    return lock(in.me(), m);
}

int pthread_rwlock_trywrlock(pthread_rwlock_t* m) noexcept {
    LADDER_INSIDE(pthread_rwlock_trywrlock, m);
    return try_lock(in.me(), m);
}

int pthread_rwlock_unlock(pthread_rwlock_t* m) noexcept {
    LADDER_INSIDE(pthread_rwlock_unlock, m);
    return unlock(in.me(), m);
}

} // extern "C"
