// Deliberately wrong: two threads add to one number, with nothing between them.
// shown-by: ThreadSanitizer

#include "accounts.hpp"

#include <cstdio>
#include <thread>

using namespace ladder;

namespace {

void deposit_one_each(threads::unlocked_account& account) {
    const auto deposit = [&account](const char* name) {
        const interleave::actor me{name};
        account.deposit(1);
    };
    std::thread a{deposit, "A"};
    std::thread b{deposit, "B"};
    a.join();
    b.join();
    std::printf("A and B deposited 1 each: the balance is %d\n", account.balance);
}

} // namespace

int main() {
    threads::unlocked_account lucky, unlucky;
    deposit_one_each(lucky);
    const interleave::script order{{"A: after read", "B: after write"}};
    deposit_one_each(unlucky); // B comes between A's read and A's write
    return 0;
}
