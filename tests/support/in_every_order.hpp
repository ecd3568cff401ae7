#pragma once

#include "workbench/explore/explore.hpp"

#include <catch2/catch_test_macros.hpp>

/// A check whose body runs once for each order of its threads (explore.hpp), on code that
/// is compiled for that: orders.cpp of an exercise. With up to LADDER_ORDERS preemptions.
#define IN_EVERY_ORDER(name)                                                             \
    LADDER_IN_ORDERS(name, false, INTERNAL_CATCH_UNIQUE_NAME(body_))

/// The body must end with everybody asleep, who would sleep for ever.
#define FOR_EVER_ASLEEP(name)                                                            \
    LADDER_IN_ORDERS(name, true, INTERNAL_CATCH_UNIQUE_NAME(body_))

#define LADDER_IN_ORDERS(name, ...) LADDER_IN_ORDERS_BY(name, __VA_ARGS__)
#define LADDER_IN_ORDERS_BY(name, asleep, body)                                          \
    static void body();                                                                  \
    TEST_CASE(name) {                                                                    \
        const ladder::explore_report report = ladder::explore(                           \
            {.preemptions = LADDER_ORDERS, .seconds = 6, .ends_asleep = asleep}, body);  \
        if (report.holds())                                                              \
            SUCCEED(report.text());                                                      \
        else                                                                             \
            FAIL_CHECK(report.text());                                                   \
    }                                                                                    \
    static void body()
