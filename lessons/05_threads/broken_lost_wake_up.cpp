// Deliberately wrong: waits for a notice, and not for what the notice is about. A notice
// that comes before the wait is gone; condition variables remember nothing.

#include "workbench/interleave.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

using namespace std::chrono_literals;
using namespace ladder;

namespace {

struct mailbox {
    std::mutex mutex{};
    std::condition_variable arrived{};
    bool page_is_there = false;

    void put() {
        {
            const std::lock_guard lock{mutex};
            page_is_there = true;
        }
        arrived.notify_one();
        point("notified");
    }
};

/// True when it was woken; a wait without a limit would be for ever.
bool wait_without_a_predicate(mailbox& box) {
    point("about to wait");
    std::unique_lock lock{box.mutex};
    return box.arrived.wait_for(lock, 300ms) == std::cv_status::no_timeout;
}

bool wait_with_a_predicate(mailbox& box) {
    point("about to wait");
    std::unique_lock lock{box.mutex};
    return box.arrived.wait_for(lock, 300ms, [&] { return box.page_is_there; });
}

void play(const char* what, bool (*wait)(mailbox&)) {
    const interleave::script order{{"reader: about to wait", "writer: notified"}};
    mailbox box;
    bool woken = false;
    std::thread reader{[&] {
        const interleave::actor me{"reader"};
        woken = wait(box);
    }};
    std::thread writer{[&] {
        const interleave::actor me{"writer"};
        box.put();
    }};
    reader.join();
    writer.join();
    std::printf("%-20s the page is %sthere, the reader %s\n", what,
                box.page_is_there ? "" : "not ",
                woken ? "has it" : "slept on, until a timeout woke it");
}

} // namespace

int main() {
    play("without a predicate:", wait_without_a_predicate);
    play("with a predicate:", wait_with_a_predicate);
}
