#pragma once

#include "course.hpp"
#include "program.hpp"

#include <memory>

namespace ladder::fibers_on_asio {
class event_loop;
}

namespace ladder::learn {

enum class event_kind { save, key, quit, resized };

struct event {
    event_kind kind;
    char key = 0; ///< What was pressed; see `keys_of`.
};

/// Fibers that listen to the keyboard, to signals, and to an exercise's files, for the
/// one that acts. A signal that ends us kills what `runner` runs at once. All in one
/// thread.
class listeners {
public:
    listeners(fibers_on_asio::event_loop& loop, program_runner& runner);
    ~listeners();
    listeners(const listeners&) = delete;
    listeners& operator=(const listeners&) = delete;

    /// Listen to the files of this exercise, and no longer to another's.
    void listen_to(const exercise& e);

    /// What happened next. Suspends the calling fiber until something has.
    event next();
    void push(event e);

    bool have_keys() const;     ///< There is a keyboard.
    bool told_of_saves() const; ///< By the kernel; otherwise by looking now and then.

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace ladder::learn
