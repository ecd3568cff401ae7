# ladder_exercise(): one exercise, proved to tell right from wrong.
#
#   ladder_exercise(NN_rung name
#     [HEADERS kind]  what is precompiled for it: test, asio_test or fiber_test
#     [LINK ...]      what its test needs besides
#     [THREADS])      it has some, so that ThreadSanitizer tests it
#
# The one tests/NN_rung/name/test.cpp (and what is beside it, to be compiled at the same
# time) is compiled against
#   solutions/NN_rung/name     the solution: must pass
#   ... with starter.patch     what the learner begins with: must fail the check "fails_with"
#   ... with wrong/X.patch     must fail the check that the patch's second line names:
#                                caught-by: CHECK
#                                caught-by: ThreadSanitizer: CHECK   (or AddressSanitizer)
#                                caught-by: orders: CHECK            (below)
#   ... with right/X.patch     a right answer, built differently: must pass
#   exercises/NN_rung/name     what the learner made of it: the target NN_rung_name_yours,
#                              built when `./learn check` asks for it
# by swapping one include directory. exercise.json says the rest. A sanitized build has
# the solution, the right answers, and the wrong ones that only its sanitizer catches.
#
# When there is an orders.cpp beside test.cpp, a program of its own runs each of its checks
# in every order of threads (lessons/00_workbench/explore), with up to "orders" preemptions,
# which exercise.json says. A wrong answer may have several reasons, a line for each.
#
# All are compiled for somebody who waits: not optimised, and with precompiled headers. The
# solution has none, so that it includes all that it uses; and it alone is in
# compile_commands.json. Of what is built to fail nobody asks for line numbers.

set(LADDER_MUST_FAIL "${CMAKE_CURRENT_LIST_DIR}/must_fail.cmake")
set_property(GLOBAL PROPERTY LADDER_EXERCISES "")

function(ladder_quick_to_build target) # [HEADERS kind]
  ladder_compile_options(${target} QUICK ${ARGN})
  target_compile_options(${target} PRIVATE -pipe)
  set_target_properties(${target} PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
endfunction()

# The same test, compiled against one folder of answers; with a CHECK, only that one of it.
function(ladder_answer target include_dir) # [CHECK]
  file(GLOB sources CONFIGURE_DEPENDS "${tests}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/orders\\.cpp$")
  if(ARGN)
    string(REPLACE "\"" "\\\"" check "${ARGN}")
    foreach(source IN LISTS sources)
      get_filename_component(file "${source}" NAME)
      file(CONFIGURE OUTPUT "${include_dir}.${file}" CONTENT
        "#define LADDER_CHECK \"${check}\"\n#include \"one_check.hpp\"\n\n#include \"${source}\"\n"
        @ONLY)
      list(APPEND only "${include_dir}.${file}")
    endforeach()
    set(sources ${only})
  endif()
  add_executable(${target} ${sources})
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_include_directories(${target} PRIVATE "${include_dir}")
  target_link_libraries(${target} PRIVATE
    ladder_test_support ${arg_LINK} ${lesson}_library)
  add_dependencies(${target} slow_server)
endfunction()

# orders.cpp, compiled against one folder of answers: with hooks at every access, which
# ladder_explore has instead of ThreadSanitizer's library.
function(ladder_orders target include_dir)
  ladder_explored(${target} "${tests}/orders.cpp")
  target_include_directories(${target} PRIVATE "${include_dir}")
  target_compile_definitions(${target} PRIVATE LADDER_ORDERS=${orders})
  target_link_libraries(${target} PRIVATE ${arg_LINK} ${lesson}_library)
endfunction()

function(ladder_explored target source)
  add_executable(${target} "${source}")
  set_target_properties(${target} PROPERTIES EXPORT_COMPILE_COMMANDS OFF
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  ladder_compile_options(${target} QUICK)
  target_compile_options(${target} PRIVATE -pipe -fsanitize=thread -g1)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-tsan) # of fences; ours knows them
  endif()
  target_link_libraries(${target} PRIVATE
    "$<LINK_LIBRARY:WHOLE_ARCHIVE,ladder_orders_support>")
endfunction()

# An answer that is the solution with a patch; with a CHECK, only that one of its test. Its
# test is test.cpp, or orders.cpp for a target NAME_orders.
function(ladder_patched_answer target patch) # [CHECK]
  file(GLOB solved CONFIGURE_DEPENDS "${solution}/*.hpp" "${solution}/*.cpp")
  set(folder "${PROJECT_BINARY_DIR}/answers/${target}")
  add_custom_command(OUTPUT "${folder}/patched"
    COMMAND ${CMAKE_COMMAND} -E rm -rf "${folder}"
    COMMAND ${CMAKE_COMMAND} -E make_directory "${folder}"
    COMMAND ${CMAKE_COMMAND} -E copy ${solved} "${folder}"
    COMMAND patch --quiet --fuzz=0 --strip=1 --directory=${folder} --input=${patch}
    COMMAND ${CMAKE_COMMAND} -E touch "${folder}/patched"
    DEPENDS "${patch}" ${solved}
    COMMENT "Making the answer ${target}" VERBATIM)
  if(target MATCHES "_orders$")
    ladder_orders(${target} "${folder}")
  else()
    ladder_answer(${target} "${folder}" ${ARGN})
    # Precompiled headers decide about watched stacks; those of `test` do not know rung 07's.
    get_target_property(options ${lesson}_library INTERFACE_COMPILE_OPTIONS)
    if(options MATCHES "asan-stack" AND arg_HEADERS STREQUAL "test")
      ladder_quick_to_build(${target})
    else()
      ladder_quick_to_build(${target} HEADERS ${arg_HEADERS})
    endif()
    target_compile_options(${target} PRIVATE -g0)
    target_link_options(${target} PRIVATE -s)
  endif()
  target_compile_options(${target} PRIVATE -Wno-unused)
  target_sources(${target} PRIVATE "${folder}/patched")
endfunction()

# A patched answer, and the test NAME that it fails in CHECK; with REPORT, that this
# sanitizer reports in CHECK.
function(ladder_wrong_answer name target patch report check)
  ladder_patched_answer(${target} "${patch}" "${check}")
  add_test(NAME "${name}" COMMAND ${CMAKE_COMMAND} "-DTEST=$<TARGET_FILE:${target}>"
    "-DREPORT=${report}" "-DCHECK=${check}" -P "${LADDER_MUST_FAIL}")
  set_tests_properties("${name}" PROPERTIES TIMEOUT 120)
endfunction()

# Why a wrong answer must fail, from its patch: sets `reasons`.
macro(ladder_read_reasons patch)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${patch}")
  file(STRINGS "${patch}" reasons REGEX "^caught-by: .+$")
  if(NOT reasons)
    message(FATAL_ERROR "${patch}: its second line must be 'caught-by: CHECK'")
  endif()
endmacro()

# Of one reason: sets `check`; `report` and `sanitizer` when only a sanitizer catches it;
# `in_orders` when orders.cpp has the check.
macro(ladder_split_reason reason)
  string(REGEX MATCH "^caught-by: ((Thread|Address)Sanitizer: )?(orders: )?(.+)$" all
    "${reason}")
  string(TOLOWER "${CMAKE_MATCH_2}" sanitizer)
  set(report "${CMAKE_MATCH_1}")
  set(in_orders "${CMAKE_MATCH_3}")
  set(check "${CMAKE_MATCH_4}")
endmacro()

function(ladder_exercise lesson name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "THREADS" "HEADERS" "LINK")
  if(NOT arg_HEADERS)
    set(arg_HEADERS test)
  endif()
  set(yours "${PROJECT_SOURCE_DIR}/exercises/${lesson}/${name}")
  set(solution "${PROJECT_SOURCE_DIR}/solutions/${lesson}/${name}")
  set(tests "${PROJECT_SOURCE_DIR}/tests/${lesson}/${name}")
  set(target ${lesson}_${name})
  set(prefix "${lesson}.${name}")
  set_property(GLOBAL APPEND PROPERTY LADDER_EXERCISES "${lesson}/${name}")

  ladder_answer(${target}_yours "${yours}")
  ladder_quick_to_build(${target}_yours HEADERS ${arg_HEADERS})
  set_target_properties(${target}_yours PROPERTIES EXCLUDE_FROM_ALL TRUE
    COMPILE_WARNING_AS_ERROR FALSE) # ./learn check shows them

  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${yours}/exercise.json")
  file(READ "${yours}/exercise.json" description)
  string(JSON orders ERROR_VARIABLE none GET "${description}" orders)
  if(LADDER_SANITIZE OR NOT orders)
    set(orders "") # they have hooks of their own
  else()
    ladder_orders(${target}_yours_orders "${yours}")
    set_target_properties(${target}_yours_orders PROPERTIES EXCLUDE_FROM_ALL TRUE
      COMPILE_WARNING_AS_ERROR FALSE)
  endif()

  ladder_is_tested(tested ${arg_THREADS})
  if(NOT tested)
    return()
  endif()
  ladder_answer(${target}_solution "${solution}")
  ladder_compile_options(${target}_solution QUICK)
  catch_discover_tests(${target}_solution TEST_PREFIX "${prefix}.the solution: "
    DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)

  if(NOT LADDER_SANITIZE)
    string(JSON fails_with GET "${description}" fails_with)
    ladder_wrong_answer("${prefix}.the starter fails" ${target}_starter
      "${tests}/starter.patch" "" "${fails_with}")
  endif()

  if(orders)
    ladder_orders(${target}_solution_orders "${solution}")
    catch_discover_tests(${target}_solution_orders TEST_PREFIX "${prefix}.the solution: "
      DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)
  endif()

  file(GLOB patches CONFIGURE_DEPENDS "${tests}/right/*.patch")
  foreach(patch IN LISTS patches)
    get_filename_component(right "${patch}" NAME_WE)
    set(test "${prefix}.right answer passes: ${right}")
    ladder_patched_answer(${target}_right_${right} "${patch}")
    add_test(NAME "${test}" COMMAND ${target}_right_${right})
    set_tests_properties("${test}" PROPERTIES TIMEOUT 120)
    if(orders)
      ladder_patched_answer(${target}_right_${right}_orders "${patch}")
      add_test(NAME "${test}, in every order" COMMAND ${target}_right_${right}_orders)
      set_tests_properties("${test}, in every order" PROPERTIES TIMEOUT 120)
    endif()
  endforeach()

  file(GLOB patches CONFIGURE_DEPENDS "${tests}/wrong/*.patch")
  foreach(patch IN LISTS patches)
    get_filename_component(wrong "${patch}" NAME_WE)
    set(test "${prefix}.wrong answer dies: ${wrong}")
    ladder_read_reasons("${patch}")
    foreach(reason IN LISTS reasons)
      ladder_split_reason("${reason}")
      if(in_orders AND NOT orders)
        continue()
      elseif(in_orders)
        ladder_wrong_answer("${test}, in some order" ${target}_${wrong}_orders
          "${patch}" "" "${check}")
        target_compile_options(${target}_${wrong}_orders PRIVATE -w)
      elseif((sanitizer AND LADDER_SANITIZE MATCHES "${sanitizer}") OR
          (NOT sanitizer AND NOT LADDER_SANITIZE))
        ladder_wrong_answer("${test}" ${target}_${wrong} "${patch}" "${report}" "${check}")
        target_compile_options(${target}_${wrong} PRIVATE -w) # a compiler may see it
      endif()
    endforeach()
  endforeach()
endfunction()
