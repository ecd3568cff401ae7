// Threads: their start, their end, their turn, and what is done by the first of them.

#include "taken_over.hpp"

#include <cerrno>

#include <sched.h>

using namespace ladder::exploring;

extern "C" {

int pthread_create(pthread_t* handle, const pthread_attr_t* attributes,
                   void* (*function)(void*), void* argument) noexcept {
    LADDER_INSIDE(pthread_create, handle, attributes, function, argument);
    *handle = the_scheduler->start(in.me(), function, argument)->handle;
    the_scheduler->point(in.me());
    return 0;
}

int pthread_join(pthread_t handle, void** value) {
    LADDER_INSIDE(pthread_join, handle, value);
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

int sched_yield() noexcept {
    LADDER_INSIDE(sched_yield); // whoever looks in vain is noticed by what it looks at
    the_scheduler->point(in.me());
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

} // extern "C"
