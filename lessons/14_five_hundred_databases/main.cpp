// Rung 14: one question to five hundred databases, in every way, in one table.

#include "way_program.hpp"
#include "workbench/demo.hpp"

namespace ladder::five_hundred_databases {

int show_race(arguments); // demo_race.cpp
// demo_faults.cpp
int show_equal(arguments), show_dying(arguments), show_errors(arguments);

} // namespace ladder::five_hundred_databases

int main(int argc, char** argv) {
    using namespace ladder::five_hundred_databases;
    const auto one_way = [](ladder::arguments given) {
        return run_way(all_ways(), given);
    };
    std::vector<char*> words(argv, argv + argc);
    std::string first = "race"; // its options may follow the program's name
    const std::string given = argc > 1 ? argv[1] : "";
    if (given.starts_with("--") && given != "--help")
        words.insert(words.begin() + 1, first.data());
    words.push_back(nullptr);
    return ladder::run_demos(
        static_cast<int>(words.size()) - 1, words.data(),
        {{"race", "every way in one table [--json] [--svg FILE] [--whole] [--stand-in]",
          show_race},
         {"way", "one way alone: way NAME --port P (--help)", one_way},
         {"equal", "threads and coroutines, with the same number in flight", show_equal},
         {"dies", "a database that dies half-way, and who notices", show_dying},
         {"errors", "what a host can say instead of an answer", show_errors}});
}
