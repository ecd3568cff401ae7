#pragma once

#include "workbench/interleave.hpp"

namespace ladder {

/// What an account looks like at one moment.
struct statement {
    int balance = 0;
    int deposited = 0; ///< The sum of all deposits.
    int withdrawn = 0; ///< The sum of all withdrawals; balance = deposited - withdrawn.
};

/// Any thread may call any member at any time. The points are for the tests: places where
/// another thread may come between.
class bank_account {
public:
    void deposit(int amount) {
        // TODO
        const int read = balance_;
        ladder::point("after read");
        balance_ = read + amount;
        ladder::point("after write");
        deposited_ += amount;
    }

    /// False, and nothing happens, when there is not so much.
    bool withdraw(int amount) {
        // TODO
        if (balance_ < amount) return false;
        ladder::point("after look");
        balance_ -= amount;
        withdrawn_ += amount;
        return true;
    }

    int balance() const {
        // TODO
        return balance_;
    }

    statement look() const {
        // TODO
        return {balance_, deposited_, withdrawn_};
    }

private:
    // TODO
    int balance_ = 0;
    int deposited_ = 0;
    int withdrawn_ = 0;
};

} // namespace ladder
