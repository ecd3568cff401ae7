// Takes a batch out of the table when it begins with it. A machine that dies takes it
// along.

#include "two_machines.hpp"

using namespace ladder::beyond_one_machine;

namespace {

// [take]
std::string take(sql& database) {
    std::string batch;
    database.transaction([&](const sql::run& run, bool) {
        const auto next = run("select first from task order by first limit 1"
                              " for update",
                              {});
        if (next.rows.empty()) return false;
        batch = next.rows[0][0];
        run("delete from task where first = ?", {batch});
        return true;
    });
    return batch; // what was popped is ours alone; and if we die?
}

// [/take]

} // namespace

int main() {
    if (there_is_no_database()) return no_database;
    two_machines both;
    fmt::print("machine A takes batch {}, and dies\n", take(both.a));
    for (std::string batch = take(both.b); !batch.empty(); batch = take(both.b))
        fmt::print("machine B takes batch {}, and does it\n", batch);
    fmt::print("the table is empty: all is done?\n");
}
