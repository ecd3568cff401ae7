#pragma once

// Read before the tests of several answers in one program. Each has its name before those
// of its checks: LADDER_ANSWER. One that must fail one check, LADDER_CHECK, has that
// alone: the others are compiled as far as their grammar, but no code is made of them. Of
// hundreds of such answers, each is asked for one thing only.

#include <catch2/catch_test_macros.hpp>

#include <string_view>
#include <type_traits>

#undef TEST_CASE
#define TEST_CASE(...)                                                                   \
    LADDER_ONE_CHECK(INTERNAL_CATCH_UNIQUE_NAME(ladder_check_), __VA_ARGS__)

#define LADDER_ONE_CHECK(function, ...)                                                  \
    template <bool Wanted>                                                               \
    static void function();                                                              \
    [[maybe_unused]] static const auto INTERNAL_CATCH_UNIQUE_NAME(ladder_registered_) =  \
        [](auto wanted) {                                                                \
            if constexpr (decltype(wanted)::value)                                       \
                return Catch::AutoReg{                                                   \
                    Catch::makeTestInvoker(&function<decltype(wanted)::value>),          \
                    CATCH_INTERNAL_LINEINFO, Catch::StringRef{},                         \
                    Catch::NameAndTags{LADDER_ANSWER __VA_ARGS__}};                      \
            else                                                                         \
                return false;                                                            \
        }(std::bool_constant < std::string_view{LADDER_CHECK} == "all" ||                \
          std::string_view{LADDER_FIRST(__VA_ARGS__, )} == LADDER_CHECK > {});           \
    template <bool Wanted>                                                               \
    static void function()

#define LADDER_FIRST(first, ...) first
