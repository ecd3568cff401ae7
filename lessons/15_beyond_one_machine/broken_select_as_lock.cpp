// Looks which batch is free, and then takes it.

#include "two_machines.hpp"

using namespace ladder::beyond_one_machine;

namespace {

// [take]
std::string look(sql& database) {
    return database
        .ask("select first from lease where state = 'ready' order by first limit 1")
        .rows.at(0)
        .at(0);
}

std::uint64_t take(sql& database, std::string_view first) {
    return database
        .ask("update lease set state = 'leased', owner = uuid() where first = ?", {first})
        .affected;
}

// [/take]

} // namespace

int main() {
    if (there_is_no_database()) return no_database;
    two_machines both;
    const std::string of_a = look(both.a), of_b = look(both.b);
    fmt::print("machine A takes batch {}: {} row changed\n", of_a, take(both.a, of_a));
    fmt::print("machine B takes batch {}: {} row changed\n", of_b, take(both.b, of_b));
}
