# ladder_exercise(): one exercise, proved to tell right from wrong.
#
#   ladder_exercise(NN_rung name [LINK ...])
#
# The one tests/NN_rung/name/test.cpp is compiled against
#   exercises/NN_rung/name     the starter: must fail the check "fails_with"
#   solutions/NN_rung/name     the solution: must pass, and hold no forbidden pattern
#   ... with each wrong/*.patch applied: must fail the check that the patch's second
#                              line names ("caught-by: ...")
# by swapping one include directory. `exercise.json` says the rest. A sanitized build has
# the solution only.

set(LADDER_MUST_FAIL "${CMAKE_CURRENT_LIST_DIR}/must_fail.cmake")
set(LADDER_NO_FORBIDDEN "${CMAKE_CURRENT_LIST_DIR}/no_forbidden.cmake")

# The same test, compiled against one folder of answers.
function(ladder_answer target test include_dir lesson)
  add_executable(${target} "${test}")
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_include_directories(${target} PRIVATE "${include_dir}")
  target_link_libraries(${target} PRIVATE ladder_test_support ${lesson}_library ${ARGN})
  ladder_compile_options(${target})
  add_dependencies(${target} slow_server)
endfunction()

# Adds the test NAME: TARGET must fail in CHECK.
function(ladder_must_fail name target check)
  add_test(NAME "${name}" COMMAND ${CMAKE_COMMAND}
    "-DTEST=$<TARGET_FILE:${target}>" "-DCHECK=${check}" -P "${LADDER_MUST_FAIL}")
  set_tests_properties("${name}" PROPERTIES TIMEOUT 120)
endfunction()

function(ladder_exercise lesson name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LINK")
  set(starter "${PROJECT_SOURCE_DIR}/exercises/${lesson}/${name}")
  set(solution "${PROJECT_SOURCE_DIR}/solutions/${lesson}/${name}")
  set(tests "${PROJECT_SOURCE_DIR}/tests/${lesson}/${name}")
  set(target ${lesson}_${name})
  set(prefix "${lesson}.${name}")

  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${starter}/exercise.json")
  file(READ "${starter}/exercise.json" description)
  string(JSON fails_with GET "${description}" fails_with)

  ladder_answer(${target}_solution "${tests}/test.cpp" "${solution}" ${lesson} ${arg_LINK})
  catch_discover_tests(${target}_solution TEST_PREFIX "${prefix}.the solution: "
    DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)
  add_test(NAME "${prefix}.the solution has no forbidden pattern"
    COMMAND ${CMAKE_COMMAND} "-DDESCRIPTION=${starter}/exercise.json"
      "-DFOLDER=${solution}" -P "${LADDER_NO_FORBIDDEN}")

  if(LADDER_SANITIZE) # wrong answers die in the everyday build; here, that costs much time
    return()
  endif()

  ladder_answer(${target}_starter "${tests}/test.cpp" "${starter}" ${lesson} ${arg_LINK})
  ladder_must_fail("${prefix}.the starter fails" ${target}_starter "${fails_with}")

  file(GLOB patches CONFIGURE_DEPENDS "${tests}/wrong/*.patch")
  list(LENGTH patches count)
  if(count LESS 3)
    message(FATAL_ERROR "${lesson}/${name} has ${count} wrong answers; write at least three")
  endif()
  file(GLOB solved CONFIGURE_DEPENDS "${solution}/*.hpp" "${solution}/*.cpp")
  foreach(patch IN LISTS patches)
    get_filename_component(wrong "${patch}" NAME_WE)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}/${name}/${wrong}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${patch}")
    file(STRINGS "${patch}" head LIMIT_COUNT 2)
    list(GET head 1 reason)
    if(NOT reason MATCHES "^caught-by: (.+)$")
      message(FATAL_ERROR "${patch}: its second line must be 'caught-by: CHECK'")
    endif()
    set(check "${CMAKE_MATCH_1}")
    add_custom_command(OUTPUT "${folder}/patched"
      COMMAND ${CMAKE_COMMAND} -E rm -rf "${folder}"
      COMMAND ${CMAKE_COMMAND} -E make_directory "${folder}"
      COMMAND ${CMAKE_COMMAND} -E copy ${solved} "${folder}"
      COMMAND patch --quiet --fuzz=0 --strip=1 --directory=${folder} --input=${patch}
      COMMAND ${CMAKE_COMMAND} -E touch "${folder}/patched"
      DEPENDS "${patch}" ${solved}
      COMMENT "Making the wrong answer ${name}/${wrong}" VERBATIM)
    ladder_answer(${target}_${wrong} "${tests}/test.cpp" "${folder}" ${lesson} ${arg_LINK})
    target_sources(${target}_${wrong} PRIVATE "${folder}/patched")
    ladder_must_fail("${prefix}.wrong answer dies: ${wrong}" ${target}_${wrong} "${check}")
  endforeach()
endfunction()
