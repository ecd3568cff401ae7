// Asks nobody whether the batch is still its own when it acknowledges.

#include "queue.hpp"
#include "two_machines.hpp"

using namespace ladder::beyond_one_machine;
using namespace std::chrono_literals;

namespace {

// [acknowledge]
void acknowledge(sql& database, const batch& b, std::string_view outcome) {
    database.transaction([&](const sql::run& run, bool) {
        run("update lease set state = 'done' where first = ?", {b.first});
        run("replace into outcome (job, first, n, fence, owner, failed, body)"
            " values (1, ?, ?, ?, '', 0, ?)",
            {b.first, b.n, b.fence, outcome});
        return true;
    });
}

// [/acknowledge]

} // namespace

int main() {
    if (there_is_no_database()) return no_database;
    two_machines both;
    queue a{both.a, {"june", "A", 300ms}}, b{both.b, {"june", "B", 60s}};
    const batch of_a = a.claim(1).at(0);
    fmt::print("machine A has batch {}, and is stopped\n", of_a.first);
    while (b.redeliver() == 0) {
    }
    const batch of_b = b.claim(1).at(0);
    acknowledge(both.b, of_b, "the pages of 10:05");
    fmt::print("machine B has batch {}, and records the pages of 10:05\n", of_b.first);
    acknowledge(both.a, of_a, "the pages of 10:00");
    fmt::print("machine A wakes up, and records what it has\n");
    fmt::print("the table: {}\n",
               both.b.ask("select body from outcome").rows.at(0).at(0));
    fmt::print("with the fence, A is told: {}\n",
               a.acknowledge(of_a, "") ? "recorded" : "too late");
}
