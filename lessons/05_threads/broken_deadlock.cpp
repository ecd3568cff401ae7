// Deliberately wrong: two transfers in opposite directions, each with one lock in its
// hand and waiting for the other one. shown-by: ThreadSanitizer

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <latch>
#include <mutex>
#include <string>
#include <thread>

namespace {

/// A mutex that knows whose it is.
struct account {
    std::string name;
    std::mutex mutex{};
    std::atomic<const char*> owner = nullptr;
};

/// A thread that says what it waits for.
struct mover {
    const char* name;
    std::atomic<account*> waits_for = nullptr;
};

void lock(account& one, mover& me) {
    me.waits_for = &one;
    one.mutex.lock();
    me.waits_for = nullptr;
    one.owner = me.name;
}

void transfer(account& from, account& to, mover& me, const std::function<void()>& pause) {
    lock(from, me);
    pause(); // here the other thread may run; it need not
    lock(to, me);
    // … the money is moved …
    to.owner = from.owner = nullptr;
    to.mutex.unlock();
    from.mutex.unlock();
}

/// Both wait for what the other one has, and will not let go.
bool deadlocked(const mover& a, const mover& b) {
    account* const first = a.waits_for;
    account* const second = b.waits_for;
    return first != nullptr && second != nullptr && first->owner == b.name &&
           second->owner == a.name;
}

} // namespace

int main() {
    account ann{"Ann's"}, ben{"Ben's"};
    mover a{"A"}, b{"B"};

    const auto no_pause = [] {};
    std::thread{[&] { transfer(ann, ben, a, no_pause); }}.join();
    std::thread{[&] { transfer(ben, ann, b, no_pause); }}.join();
    std::puts("one after the other: both transfers are done");

    std::latch both_have_one{2};
    const auto until_both_have_one = [&] { both_have_one.arrive_and_wait(); };
    std::thread there{[&] { transfer(ann, ben, a, until_both_have_one); }};
    std::thread back{[&] { transfer(ben, ann, b, until_both_have_one); }};
    while (!deadlocked(a, b))
        std::this_thread::yield();
    std::puts("at the same time:");
    for (const mover* one : {&a, &b}) {
        const account* const other = one->waits_for;
        std::printf("  %s waits for %s lock, which %s has\n", one->name,
                    other->name.c_str(), other->owner.load());
    }
    std::puts("Nobody will ever move. The program ends here, by force.");
    std::fflush(stdout);
    std::_Exit(0); // the threads cannot be joined
}
