#pragma once

#include <functional>

namespace ladder {

/// Money that fibers of one thread pay in and out.
class account {
public:
    explicit account(int balance) : balance_(balance) {}

    /// What may still be withdrawn.
    int balance() const noexcept { return balance_; }

    void deposit(int amount) noexcept { balance_ += amount; }

    /// Pays `amount` out, if there is so much and the bank agrees; returns whether it
    /// did. `ask_bank` waits, and meanwhile other fibers use the account. The bank is not
    /// asked for what is not there, and when it says no or throws, all is as if nobody
    /// had asked.
    bool withdraw(int amount, const std::function<bool()>& ask_bank) {
        if (balance_ < amount) return false;
        balance_ -= amount; // from now on it is ours, and nobody else counts on it
        try {
            if (ask_bank()) return true;
        } catch (...) {
            balance_ += amount;
            throw;
        }
        balance_ += amount;
        return false;
    }

private:
    int balance_;
};

} // namespace ladder
