// In one thread: ThreadSanitizer has nothing to say here.

#include "fetcher/statistics.hpp"
#include "leftovers.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace ladder::fetcher;

TEST_CASE("what a worker counts in its slot, the supervisor sees") {
    shared_statistics supervisors;
    shared_statistics workers{supervisors.descriptor()};
    worker_statistics::add(workers[0].bytes, 3);
    worker_statistics::add(workers[shared_statistics::max_workers - 1].bytes, 4);
    CHECK(supervisors.total(&worker_statistics::bytes) == 7);
    CHECK(supervisors.total(&worker_statistics::in_flight) == 0);
    worker_statistics::add(workers[0].bytes, std::uint64_t(-1));
    CHECK(supervisors.total(&worker_statistics::bytes) == 6);
}

TEST_CASE("the shared memory has no name that could be left behind") {
    const auto before = ladder::leftovers::now();
    {
        const shared_statistics s;
        CHECK(ladder::leftovers::since(before).find("shared memory") ==
              std::string::npos);
    }
    CHECK(ladder::leftovers::since(before) == "");
}
