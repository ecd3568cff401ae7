#pragma once

#include "workbench/interleave.hpp"

#include <atomic>
#include <functional>
#include <mutex>

/// One account, written in four ways: two lose deposits, two do not.
namespace ladder::threads {

/// Wrong: to add is to read, to compute and to write, and another thread comes between.
struct unlocked_account {
    int balance = 0;

    void deposit(int amount) {
        // [unlocked]
        const int read = balance;
        ladder::point("after read");
        balance = read + amount;
        ladder::point("after write");
        // [/unlocked]
    }
};

/// Wrong: each step is atomic, and both together are not.
struct two_step_account {
    std::atomic<int> balance = 0;

    void deposit(int amount) {
        const int read = balance;
        ladder::point("after read");
        balance = read + amount;
        ladder::point("after write");
    }
};

/// Right: read, compute and write are one step, of the processor (x86: `lock xadd`).
struct atomic_account {
    std::atomic<int> balance = 0;

    void deposit(int amount) {
        balance += amount;
        ladder::point("after write");
    }
};

/// Right: whoever comes while another thread is in here waits until it has left.
struct locked_account {
    int balance = 0; // guarded by mutex
    std::mutex mutex;

    void deposit(int amount) {
        const std::lock_guard lock{mutex};
        const int read = balance;
        ladder::point("after read");
        balance = read + amount;
        ladder::point("after write");
    }
};

/// Moves money. Needs both locks, and gets both or waits for both: std::scoped_lock backs
/// off and tries again, so that two transfers in opposite directions never wait for each
/// other. Two different accounts.
inline void transfer(locked_account& from, locked_account& to, int amount) {
    const std::scoped_lock both{from.mutex, to.mutex};
    from.balance -= amount;
    to.balance += amount;
}

/// The other way: everybody takes the locks in the same order, here that of the
/// addresses, so whoever has the second one has the first one too, and no circle can
/// close.
inline void transfer_in_order(locked_account& from, locked_account& to, int amount) {
    const bool from_first = std::less<>{}(&from, &to);
    const std::lock_guard first{from_first ? from.mutex : to.mutex};
    const std::lock_guard second{from_first ? to.mutex : from.mutex};
    from.balance -= amount;
    to.balance += amount;
}

} // namespace ladder::threads
