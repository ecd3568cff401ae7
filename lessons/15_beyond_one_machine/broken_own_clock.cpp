// Writes down by its own clock when its lease ends.

#include "queue.hpp"
#include "two_machines.hpp"

#include <ctime>

using namespace ladder::beyond_one_machine;
using namespace std::chrono_literals;

namespace {

// [lease]
/// For a minute, says the clock of a machine that is two minutes slow.
void lease_first(sql& database) {
    const std::time_t until = std::time(nullptr) - 120 + 60;
    std::tm parts{};
    ::gmtime_r(&until, &parts);
    database.ask("update lease set state = 'leased', fence = fence + 1, owner = 'A',"
                 " lease_until = ? where state = 'ready' order by first limit 1",
                 {fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900,
                              parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                              parts.tm_min, parts.tm_sec)});
}

// [/lease]

} // namespace

int main() {
    if (there_is_no_database()) return no_database;
    two_machines both;
    lease_first(both.a);
    fmt::print("machine A has leased batch 1 for a minute\n");
    queue b{both.b, {"june", "B", 60s}};
    fmt::print("machine B asks, and {} lease has expired\n", b.redeliver());
    fmt::print("machine B has batch {}, and so has A\n", b.claim(1).at(0).first);
}
