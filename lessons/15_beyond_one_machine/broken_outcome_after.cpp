// Acknowledges, and then records the outcome.

#include "job_report.hpp"
#include "queue.hpp"
#include "two_machines.hpp"

#include <cstdlib>

using namespace ladder::beyond_one_machine;
using namespace std::chrono_literals;

namespace {

struct power_failure {};

// [acknowledge]
void acknowledge(sql& database, const batch& b, bool dies) {
    database.ask("update lease set state = 'done' where first = ? and fence = ?",
                 {b.first, b.fence});
    if (dies) throw power_failure{};
    database.ask("insert into outcome values (1, ?, ?, ?, 'A', 0, 'its pages')",
                 {b.first, b.n, b.fence});
}

// [/acknowledge]

} // namespace

int main() {
    if (there_is_no_database()) return no_database;
    two_machines both;
    queue a{both.a, {"june", "A", 60s}};
    try {
        for (const batch& b : a.claim(3))
            acknowledge(both.a, b, b.first == 21);
    } catch (const power_failure&) {
        fmt::print("machine A dies between two statements\n");
    }
    queue b{both.b, {"june", "B", 60s}};
    fmt::print("machine B finds {} batches; finished: {}\n", b.claim(3).size(),
               b.finished() ? "yes" : "no");
    for (const std::string& wrong : audit_job(both.b, "june", ""))
        fmt::print("the audit: {}\n", wrong);
}
