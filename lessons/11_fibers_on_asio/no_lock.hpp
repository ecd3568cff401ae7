#pragma once

namespace ladder::fibers_on_asio {

/// What condition_variable_any is to release while a fiber waits: nothing. Fibers of one
/// thread take turns, so nobody else runs between the look at a variable and the wait.
struct no_lock {
    void lock() noexcept {}

    void unlock() noexcept {}
};

} // namespace ladder::fibers_on_asio
