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
#   ... with right/X.patch     a right answer, built differently: must pass
#   exercises/NN_rung/name     what the learner made of it: the target NN_rung_name_yours,
#                              built when `./learn check` asks for it
# by swapping one include directory. exercise.json says the rest. A sanitized build has
# the solution, the right answers, and the wrong ones that only its sanitizer catches.
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

# An answer that is the solution with a patch; with a CHECK, only that one of its test.
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
  ladder_answer(${target} "${folder}" ${ARGN})
  ladder_quick_to_build(${target} HEADERS ${arg_HEADERS})
  target_compile_options(${target} PRIVATE -g0 -Wno-unused)
  target_link_options(${target} PRIVATE -s)
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

# Why a wrong answer must fail, from its patch: sets `check`, and `report` and `sanitizer`
# when only a sanitizer catches it.
macro(ladder_read_reason patch)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${patch}")
  file(STRINGS "${patch}" head LIMIT_COUNT 2)
  list(GET head 1 reason)
  if(NOT reason MATCHES "^caught-by: ((Thread|Address)Sanitizer: )?(.+)$")
    message(FATAL_ERROR "${patch}: its second line must be 'caught-by: CHECK'")
  endif()
  string(TOLOWER "${CMAKE_MATCH_2}" sanitizer)
  set(report "${CMAKE_MATCH_1}")
  set(check "${CMAKE_MATCH_3}")
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
  set_target_properties(${target}_yours PROPERTIES EXCLUDE_FROM_ALL TRUE)

  ladder_is_tested(tested ${arg_THREADS})
  if(NOT tested)
    return()
  endif()
  ladder_answer(${target}_solution "${solution}")
  ladder_compile_options(${target}_solution QUICK)
  catch_discover_tests(${target}_solution TEST_PREFIX "${prefix}.the solution: "
    DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)

  if(NOT LADDER_SANITIZE)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${yours}/exercise.json")
    file(READ "${yours}/exercise.json" description)
    string(JSON fails_with GET "${description}" fails_with)
    ladder_wrong_answer("${prefix}.the starter fails" ${target}_starter
      "${tests}/starter.patch" "" "${fails_with}")
  endif()

  file(GLOB patches CONFIGURE_DEPENDS "${tests}/right/*.patch")
  foreach(patch IN LISTS patches)
    get_filename_component(right "${patch}" NAME_WE)
    ladder_patched_answer(${target}_right_${right} "${patch}")
    add_test(NAME "${prefix}.right answer passes: ${right}"
      COMMAND ${target}_right_${right})
    set_tests_properties("${prefix}.right answer passes: ${right}" PROPERTIES TIMEOUT 120)
  endforeach()

  file(GLOB patches CONFIGURE_DEPENDS "${tests}/wrong/*.patch")
  foreach(patch IN LISTS patches)
    ladder_read_reason("${patch}")
    if((sanitizer AND LADDER_SANITIZE MATCHES "${sanitizer}") OR
        (NOT sanitizer AND NOT LADDER_SANITIZE))
      get_filename_component(wrong "${patch}" NAME_WE)
      ladder_wrong_answer("${prefix}.wrong answer dies: ${wrong}" ${target}_${wrong}
        "${patch}" "${report}" "${check}")
      target_compile_options(${target}_${wrong} PRIVATE -w) # a compiler may see it
    endif()
  endforeach()
endfunction()
