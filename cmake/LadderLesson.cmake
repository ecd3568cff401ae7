# ladder_lesson(): one rung of the staircase, in one line.
#
#   ladder_lesson(NN_name
#     [USES 00_workbench 01_serial]  lower rungs whose headers this one may include
#     [BECAUSE "reason"]             why it uses more than two besides the workbench
#     [LINK Boost::fiber ...]        libraries its public headers need
#     [PRIVATE_LINK ...]             libraries only its .cpp files need
#     [PROGRAM name]                 the program's name in build/bin, if not NN_name
#     [THREADS]                      it has some, so that ThreadSanitizer tests it
#   )
#
# It makes, from the files it finds in lessons/NN_name:
#   *.cpp, but those below                the library NN_name: the mechanism
#   main.cpp demo_*.cpp                   build/bin/NN_name; the target NN_name_run makes
#                                         also what its demos run
#   x_main.cpp                            build/bin/x, or NN_name_x if there is name_x.hpp;
#                                         ./learn run NN x runs it
#   broken_x.cpp                          build/bin/NN_name_broken_x, deliberately wrong
#   bench_x.cpp                           build/bin/bench_x, but not under a sanitizer
#   tests/NN_name/*.cpp                   build/tests/NN_name_test, when Catch2 is there;
#                                         "// In one thread: ..." in it: not with
#                                         ThreadSanitizer
#
# The staircase: USES names lower rungs only, and at most the workbench and two more. A
# rung includes its own headers as "x.hpp", and those of another rung as "name/x.hpp"; a
# rung that USES does not name is refused when the build is configured.
#
# ladder_fetches(): the rung exports ladder::name::fetch_all from "name.hpp". So it keeps
# the contract, and the tour runs it.
#
#   ladder_fetches(NN_name
#     [MAX_IN_FLIGHT n]              the most pages that it fetches at a time
#     [IN_ONE_THREAD]                it fetches all pages in the thread that calls it
#     [ALSO other ...]               ladder::name_other::fetch_all, too, from
#                                    "name_other.hpp", with the program NN_name_other
#     [TOUR "arguments"]             how the tour runs its program, if not by its demo fetch
#   )
#
# It makes build/tests/NN_name_contract of tests/contract/fetch_all.cpp, with
# in_one_thread.cpp when it is IN_ONE_THREAD, and NN_name_other_contract.

include("${CMAKE_CURRENT_LIST_DIR}/LadderCompile.cmake")

# A Catch2 executable in build/tests; every TEST_CASE becomes a test named PREFIX.name.
# What is precompiled for it: test, asio_test, fiber_test or none; test if not said.
function(ladder_test_program target prefix) # [HEADERS kind] [ONLY pattern] file...
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "HEADERS;ONLY" "")
  if(NOT arg_HEADERS)
    set(arg_HEADERS test)
  endif()
  add_executable(${target} ${arg_UNPARSED_ARGUMENTS})
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${LADDER_UNITY})
  if(NOT LADDER_SANITIZE)
    set_target_properties(${target} PROPERTIES UNITY_BUILD_BATCH_SIZE 6)
  endif()
  target_link_libraries(${target} PRIVATE ladder_test_support)
  if(arg_HEADERS STREQUAL "none")
    ladder_compile_options(${target} QUICK)
  else()
    ladder_compile_options(${target} QUICK HEADERS ${arg_HEADERS})
  endif()
  if(arg_ONLY)
    set(arg_ONLY TEST_SPEC "${arg_ONLY}")
  endif()
  # A machine that does other work, too, is no hang.
  catch_discover_tests(${target} ${arg_ONLY} TEST_PREFIX "${prefix}." DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT 320 ENVIRONMENT LADDER_WATCHDOG=300)
endfunction()

# The contract, from these files of tests/contract, against the fetch_all of one namespace;
# TARGET is the program that has it.
function(ladder_contract target folder word library max_in_flight)
  list(TRANSFORM ARGN PREPEND "${PROJECT_SOURCE_DIR}/tests/contract/")
  ladder_test_program(${target}_contract contract.${target} ${ARGN})
  target_link_libraries(${target}_contract PRIVATE ${library})
  target_compile_definitions(${target}_contract PRIVATE
    RUNG_HEADER="${folder}/${word}.hpp" RUNG=${word} RUNG_MAX_IN_FLIGHT=${max_in_flight})
  add_dependencies(${target}_contract slow_server)
  if(TARGET ${target}) # it may start its own program
    add_dependencies(${target}_contract ${target})
  endif()
endfunction()

# Sets `number` and `word` of a rung's name.
macro(ladder_read_name name)
  if(NOT ${name} MATCHES "^([0-9][0-9])_([a-z0-9_]+)$")
    message(FATAL_ERROR "'${${name}}' is no rung: name it NN_name")
  endif()
  set(number ${CMAKE_MATCH_1})
  set(word ${CMAKE_MATCH_2})
endmacro()

# Stops when USES names a rung that is not lower, or too many; or when a file of the rung
# includes a header of a rung that USES does not name.
function(ladder_check_staircase name uses because)
  set(rungs_below ${uses})
  list(REMOVE_ITEM rungs_below 00_workbench)
  list(LENGTH rungs_below count)
  if(count GREATER 2 AND NOT because)
    message(FATAL_ERROR "${name} uses ${count} rungs (${rungs_below}); "
      "a rung may use the workbench and at most two lower rungs")
  endif()
  set(may_include "")
  foreach(used IN LISTS uses)
    string(SUBSTRING ${used} 0 2 used_number)
    string(SUBSTRING ${used} 3 -1 used_word)
    list(APPEND may_include ${used_word})
    if(NOT used_number LESS number)
      message(FATAL_ERROR "${name} uses ${used}, which is not below it: "
        "a rung may only use lower rungs")
    endif()
  endforeach()

  list(APPEND may_include ${word})
  file(GLOB_RECURSE files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/lessons/${name}/*.?pp")
  file(GLOB all RELATIVE "${PROJECT_SOURCE_DIR}/lessons" "${PROJECT_SOURCE_DIR}/lessons/*_*")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
  foreach(file IN LISTS files)
    file(STRINGS "${file}" includes REGEX "^#include \"[a-z0-9_]+/")
    foreach(include IN LISTS includes)
      string(REGEX REPLACE "^#include \"([a-z0-9_]+)/.*$" "\\1" other "${include}")
      set(rung ${all})
      list(FILTER rung INCLUDE REGEX "^[0-9][0-9]_${other}$")
      if(rung AND NOT other IN_LIST may_include)
        file(RELATIVE_PATH file "${PROJECT_SOURCE_DIR}" "${file}")
        message(FATAL_ERROR "${file} has ${include}, but ${name} does not name ${rung} in "
          "USES (lessons/CMakeLists.txt)")
      endif()
    endforeach()
  endforeach()
endfunction()

function(ladder_lesson name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "THREADS" "PROGRAM;BECAUSE" "USES;LINK;PRIVATE_LINK")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${name}: what is '${arg_UNPARSED_ARGUMENTS}'?")
  endif()
  ladder_read_name(name)
  ladder_check_staircase(${name} "${arg_USES}" "${arg_BECAUSE}")

  set(folder "${PROJECT_SOURCE_DIR}/lessons/${name}")
  file(GLOB sources CONFIGURE_DEPENDS "${folder}/*.cpp")
  set(programs ${sources})
  set(demos ${sources})
  list(FILTER demos INCLUDE REGEX "/demo_[^/]*\\.cpp$")
  list(FILTER sources EXCLUDE REGEX
    "/(main|demo_[^/]*|broken_[^/]*|bench_[^/]*|[^/]*_main)\\.cpp$")
  list(REMOVE_ITEM programs ${sources} ${demos} "")

  ladder_is_tested(tested ${arg_THREADS})

  # What is precompiled for it: nothing on the way to the first output.
  get_property(with_fibers GLOBAL PROPERTY LADDER_WITH_FIBERS)
  set(headers "")
  set(kind "")
  set(test_headers test)
  if(arg_LINK MATCHES "Boost::fiber")
    set_property(GLOBAL APPEND PROPERTY LADDER_WITH_FIBERS ${name})
    set(kind fiber)
  elseif(arg_LINK MATCHES "boost_sources")
    set(kind asio)
  endif()
  foreach(used IN LISTS arg_USES)
    if(used IN_LIST with_fibers)
      set(kind fiber)
    endif()
  endforeach()
  if(kind)
    set(headers HEADERS ${kind})
    set(test_headers ${kind}_test)
  elseif(arg_LINK MATCHES "Boost::context") # other stacks, and no fibers
    set(test_headers none)
  elseif(number GREATER 1)
    set(headers HEADERS std)
  endif()
  if(sources)
    add_library(${name}_library STATIC ${sources})
    ladder_compile_options(${name}_library SPEED ${headers})
    set(scope PUBLIC)
    target_link_libraries(${name}_library PRIVATE ${arg_PRIVATE_LINK})
  else()
    add_library(${name}_library INTERFACE)
    set(scope INTERFACE)
  endif()
  # Whoever links the library may write "name/x.hpp".
  set(includes "${PROJECT_BINARY_DIR}/include/${name}")
  file(MAKE_DIRECTORY "${includes}")
  file(CREATE_LINK "${folder}" "${includes}/${word}" SYMBOLIC)
  target_include_directories(${name}_library ${scope} "${includes}")
  target_compile_definitions(${name}_library ${scope}
    LADDER_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  if(arg_LINK MATCHES "Boost::(context|fiber)")
    ladder_unwatched_stacks(${name}_library ${scope})
  endif()
  list(TRANSFORM arg_USES APPEND _library OUTPUT_VARIABLE used_libraries)
  target_link_libraries(${name}_library ${scope} ${used_libraries} ${arg_LINK})

  set(only) # the tests: all
  if(LADDER_SANITIZE) # but those of wrong programs whose fault no sanitizer shows
    set(only ONLY "~broken_*")
  endif()
  foreach(source IN LISTS programs)
    get_filename_component(file "${source}" NAME_WE)
    if(LADDER_SANITIZE AND file MATCHES "^bench_")
      continue() # nothing to measure there
    endif()
    if(file STREQUAL "main")
      set(program ${name})
    elseif(file MATCHES "^broken_")
      set(program ${name}_${file})
    else()
      string(REGEX REPLACE "_main$" "" program ${file})
      if(EXISTS "${folder}/${word}_${program}.hpp") # it fetches in another way
        set(program ${name}_${program})
      endif()
    endif()
    add_executable(${program} "${source}")
    target_link_libraries(${program} PRIVATE ${name}_library ${arg_PRIVATE_LINK})
    if(file STREQUAL "main")
      target_sources(${program} PRIVATE ${demos})
    endif()
    if(NOT tested)
      set_target_properties(${program} PROPERTIES EXCLUDE_FROM_ALL TRUE)
    endif()
    if(LADDER_SANITIZE AND file MATCHES "^broken_")
      file(STRINGS "${source}" shown REGEX "^// shown-by: (Thread|Address)Sanitizer")
      if(shown)
        string(APPEND only ",${file}*")
      else()
        set_target_properties(${program} PROPERTIES EXCLUDE_FROM_ALL TRUE)
        list(REMOVE_ITEM programs "${source}")
      endif()
    endif()
    if(file MATCHES "^bench_")
      ladder_compile_options(${program} SPEED ${headers})
    else()
      ladder_compile_options(${program} ${headers})
    endif()
  endforeach()
  if(arg_PROGRAM)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME ${arg_PROGRAM})
    add_custom_command(TARGET ${name} POST_BUILD COMMAND ${CMAKE_COMMAND} -E create_symlink
      ${arg_PROGRAM} "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${name}")
  endif()

  # With all that its demos run; the tour, which runs no demo, does not wait for those.
  add_custom_target(${name}_run)
  if(TARGET ${name})
    add_dependencies(${name}_run ${name})
  endif()

  set_property(GLOBAL APPEND PROPERTY LADDER_LESSONS ${name})
  if(NOT tested)
    set_target_properties(${name}_library PROPERTIES EXCLUDE_FROM_ALL TRUE)
    set_property(GLOBAL APPEND PROPERTY LADDER_UNTESTED ${name})
  elseif(Catch2_FOUND)
    file(GLOB tests CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${name}/*.cpp")
    if(LADDER_SANITIZE MATCHES "thread")
      foreach(test IN LISTS tests)
        file(STRINGS "${test}" one_thread LIMIT_COUNT 1 REGEX "^// In one thread: ")
        if(one_thread)
          list(REMOVE_ITEM tests "${test}")
        endif()
      endforeach()
    endif()
    if(tests)
      ladder_test_program(${name}_test ${name} HEADERS ${test_headers} ${only}
        ${tests})
      target_link_libraries(${name}_test PRIVATE ${name}_library)
      foreach(source IN LISTS programs) # tests run the rung's own programs
        get_filename_component(file "${source}" NAME_WE)
        if(file MATCHES "^broken_")
          add_dependencies(${name}_test ${name}_${file})
        elseif(file STREQUAL "main")
          add_dependencies(${name}_test ${name}_run)
        endif()
      endforeach()
      add_dependencies(${name}_test slow_server)
    endif()
  endif()
endfunction()

function(ladder_fetches name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "IN_ONE_THREAD" "MAX_IN_FLIGHT;TOUR" "ALSO")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${name}: what is '${arg_UNPARSED_ARGUMENTS}'?")
  endif()
  ladder_read_name(name)
  if(NOT arg_TOUR) # tour/race.hpp says what stands in braces
    set(arg_TOUR "fetch -i {list} --in-flight {in_flight} --timeout {timeout} --quiet")
  endif()
  if(NOT arg_MAX_IN_FLIGHT)
    set(arg_MAX_IN_FLIGHT 1000000)
  endif()
  set(contract fetch_all.cpp)
  if(arg_IN_ONE_THREAD)
    list(APPEND contract in_one_thread.cpp)
  endif()
  foreach(other IN LISTS arg_ALSO ITEMS "")
    set(program ${name})
    set(exports ${word})
    if(other)
      set(program ${name}_${other})
      set(exports ${word}_${other})
    endif()
    set_property(GLOBAL APPEND PROPERTY LADDER_FETCHING_LESSONS ${program})
    set_property(GLOBAL APPEND PROPERTY LADDER_TOUR_ARGUMENTS "${arg_TOUR}")
    get_property(untested GLOBAL PROPERTY LADDER_UNTESTED)
    if(Catch2_FOUND AND NOT name IN_LIST untested)
      ladder_contract(${program} ${word} ${exports} ${name}_library ${arg_MAX_IN_FLIGHT}
        ${contract})
    endif()
  endforeach()
endfunction()
