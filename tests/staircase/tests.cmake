# The staircase holds: what USES may name, and what a rung may include.

function(ladder_staircase_test name case) # [FAILS step SAYS text]
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "FAILS;SAYS" "")
  add_test(NAME "staircase.${name}" COMMAND ${CMAKE_COMMAND}
    -DCASE=${case} "-DFOLDER=${CMAKE_CURRENT_BINARY_DIR}/staircase/${case}"
    "-DLADDER_LESSON=${PROJECT_SOURCE_DIR}/cmake/LadderLesson.cmake"
    "-DFAILS=${arg_FAILS}" "-DSAYS=${arg_SAYS}"
    "-DGENERATOR=${CMAKE_GENERATOR}" "-DMAKE_PROGRAM=${CMAKE_MAKE_PROGRAM}"
    "-DCOMPILER=${CMAKE_CXX_COMPILER}"
    -P "${PROJECT_SOURCE_DIR}/tests/staircase/staircase.cmake")
  set_tests_properties("staircase.${name}" PROPERTIES TIMEOUT 120 COST 70)
endfunction()

ladder_staircase_test("a declared include compiles" declared)
ladder_staircase_test("an undeclared include is refused" undeclared
  FAILS configure SAYS "lessons/03_high/high.cpp has #include \"low/low.hpp\", but \
03_high does not name 01_low in USES")
ladder_staircase_test("and so is one that another rung's header would bring" transitive
  FAILS configure SAYS "but 03_high does not name 01_low in USES")
ladder_staircase_test("a higher rung is refused" higher
  FAILS configure SAYS "01_low uses 02_middle, which is not below it: \
a rung may only use lower rungs")
ladder_staircase_test("a rung is not below itself" itself
  FAILS configure SAYS "01_low uses 01_low, which is not below it")
ladder_staircase_test("two rungs beside the workbench are allowed" two_and_workbench)
ladder_staircase_test("more with a reason" because)
ladder_staircase_test("three rungs beside the workbench are refused" three
  FAILS configure SAYS "04_top uses 3 rungs (01_low;02_middle;03_high); \
a rung may use the workbench and at most two lower rungs")
