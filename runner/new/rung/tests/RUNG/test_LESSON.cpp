#include "LESSON/LESSON.hpp"

#include <catch2/catch_test_macros.hpp>

TEST_CASE("the answer is right") {
    CHECK(ladder::LESSON::answer() == 42);
}
