// Semaphores.

#include "taken_over.hpp"

#include <cerrno>

#include <semaphore.h>

using namespace ladder::exploring;

extern "C" {

int sem_init(sem_t* s, int shared, unsigned value) noexcept {
    LADDER_INSIDE(sem_init, s, shared, value);
    the_scheduler->counts[s] = static_cast<int>(value);
    return 0;
}

int sem_wait(sem_t* s) {
    LADDER_INSIDE(sem_wait, s);
    the_scheduler->point(in.me());
    the_scheduler->block(in.me(), does::sleeps, s,
                         [](const thread& t) { return the_scheduler->counts[t.on] > 0; });
    --the_scheduler->counts[s];
    the_scheduler->acquire(in.me(), s);
    return 0;
}

int sem_trywait(sem_t* s) noexcept {
    LADDER_INSIDE(sem_trywait, s);
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
    LADDER_INSIDE(sem_post, s);
    the_scheduler->point(in.me());
    ++the_scheduler->counts[s];
    the_scheduler->release(in.me(), s);
    the_scheduler->changed();
    return 0;
}

} // extern "C"
