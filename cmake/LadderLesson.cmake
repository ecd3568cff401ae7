# ladder_lesson(): one rung of the staircase, in one line.
#
#   ladder_lesson(NN_name
#     [USES 00_workbench 01_serial]  lower rungs whose headers this one may include
#     [LINK Boost::fiber ...]        libraries its public headers need
#     [PRIVATE_LINK ...]             libraries only its .cpp files need
#     [PROGRAM name]                 the program's name in build/bin, if not NN_name
#     [FETCHES [MAX_IN_FLIGHT n]]    it exports ladder::name::fetch_all from "name.hpp"
#     [IN_ONE_THREAD]                which fetches all pages in the thread that calls it
#     [ALSO other ...]               and ladder::name_other::fetch_all from "name_other.hpp"
#     [TOUR "arguments"]             how the tour runs its program, if not by its demo fetch
#   )
#
# It makes, from the files it finds in lessons/NN_name:
#   *.cpp (but main.cpp, broken_*.cpp, bench_*.cpp, *_main.cpp)   the library NN_name
#   main.cpp                              build/bin/NN_name
#   x_main.cpp                            build/bin/x, or NN_name_x when it is ALSO x
#   broken_x.cpp                          build/bin/NN_name_broken_x, deliberately wrong
#   bench_x.cpp                           build/bin/bench_x
#   tests/NN_name/*.cpp                   build/tests/NN_name_test, when Catch2 is there
#   tests/contract/fetch_all.cpp          build/tests/NN_name_contract, when it FETCHES,
#                                         and NN_name_other_contract when it does so ALSO;
#                                         with in_one_thread.cpp when it is IN_ONE_THREAD
#
# The staircase: USES may name lower numbers only, and at most the workbench and two
# more. A rung's include directory travels with its target alone, so a header of a
# rung that is not named does not compile.

function(ladder_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Its data flow loses its way: with the sanitizers in Beast and the standard library
    # (GCC 12), without them in a timer in an optional (GCC 14).
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
  endif()
  if(LADDER_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${LADDER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${LADDER_SANITIZE})
    if(LADDER_SANITIZE MATCHES "undefined")
      # It needs a free descriptor to look at an object, and tests leave it none.
      target_compile_options(${target} PRIVATE -fno-sanitize=vptr)
    endif()
    if(LADDER_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE -Wno-tsan) # it knows no fences; Asio has
    endif()
  endif()
endfunction()

function(ladder_program target source)
  add_executable(${target} ${source})
  target_link_libraries(${target} PRIVATE ${ARGN})
  ladder_compile_options(${target})
endfunction()

# A Catch2 executable in build/tests; every TEST_CASE becomes a test named PREFIX.name.
function(ladder_test_program target prefix)
  add_executable(${target} ${ARGN})
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_link_libraries(${target} PRIVATE ladder_test_support)
  ladder_compile_options(${target})
  catch_discover_tests(${target}
    TEST_PREFIX "${prefix}." DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)
endfunction()

# The contract, from these files of tests/contract, against the fetch_all of one namespace;
# TARGET is the program that has it.
function(ladder_contract target word library max_in_flight)
  list(TRANSFORM ARGN PREPEND "${PROJECT_SOURCE_DIR}/tests/contract/")
  ladder_test_program(${target}_contract contract.${target} ${ARGN})
  target_link_libraries(${target}_contract PRIVATE ${library})
  target_compile_definitions(${target}_contract PRIVATE
    RUNG_HEADER="${word}.hpp" RUNG=${word} RUNG_MAX_IN_FLIGHT=${max_in_flight})
  add_dependencies(${target}_contract slow_server)
  if(TARGET ${target}) # it may start its own program
    add_dependencies(${target}_contract ${target})
  endif()
endfunction()

function(ladder_lesson name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "FETCHES;IN_ONE_THREAD" "PROGRAM;MAX_IN_FLIGHT;TOUR"
    "USES;LINK;PRIVATE_LINK;ALSO")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${name}: what is '${arg_UNPARSED_ARGUMENTS}'?")
  endif()
  if(NOT name MATCHES "^([0-9][0-9])_([a-z0-9_]+)$")
    message(FATAL_ERROR "'${name}' is no rung: name it NN_name")
  endif()
  set(number ${CMAKE_MATCH_1})
  set(word ${CMAKE_MATCH_2})

  set(rungs_below ${arg_USES})
  list(REMOVE_ITEM rungs_below 00_workbench)
  list(LENGTH rungs_below count)
  if(count GREATER 2)
    message(FATAL_ERROR "${name} uses ${count} rungs (${rungs_below}); "
      "a rung may use the workbench and at most two lower rungs")
  endif()
  foreach(used IN LISTS arg_USES)
    string(SUBSTRING ${used} 0 2 used_number)
    if(NOT used_number LESS number)
      message(FATAL_ERROR "${name} uses ${used}, which is not below it: "
        "a rung may only use lower rungs")
    endif()
  endforeach()

  set(folder "${PROJECT_SOURCE_DIR}/lessons/${name}")
  file(GLOB sources CONFIGURE_DEPENDS "${folder}/*.cpp")
  set(programs ${sources})
  list(FILTER sources EXCLUDE REGEX "/(main|broken_[^/]*|bench_[^/]*|[^/]*_main)\\.cpp$")
  list(REMOVE_ITEM programs ${sources} "")

  if(sources)
    add_library(${name}_library STATIC ${sources})
    ladder_compile_options(${name}_library)
    set(scope PUBLIC)
    target_link_libraries(${name}_library PRIVATE ${arg_PRIVATE_LINK})
  else()
    add_library(${name}_library INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name}_library ${scope} "${folder}")
  target_compile_definitions(${name}_library ${scope}
    LADDER_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  if(LADDER_SANITIZE MATCHES "address" AND arg_LINK MATCHES "Boost::(context|fiber)")
    # The distribution's Boost.Context does not tell AddressSanitizer when it changes the
    # stack. An exception in a fiber then looks like an overflow of the stack, so stacks
    # are not watched in what uses it; the heap is.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${name}_library ${scope} --param=asan-stack=0)
    else()
      target_compile_options(${name}_library ${scope} "SHELL:-mllvm -asan-stack=0")
    endif()
  endif()
  list(TRANSFORM arg_USES APPEND _library OUTPUT_VARIABLE used_libraries)
  target_link_libraries(${name}_library ${scope} ${used_libraries} ${arg_LINK})

  foreach(source IN LISTS programs)
    get_filename_component(file "${source}" NAME_WE)
    if(file STREQUAL "main")
      set(program ${name})
    elseif(file MATCHES "^broken_")
      set(program ${name}_${file})
    else()
      string(REGEX REPLACE "_main$" "" program ${file})
      if(program IN_LIST arg_ALSO)
        set(program ${name}_${program})
      endif()
    endif()
    ladder_program(${program} "${source}" ${name}_library)
    target_link_libraries(${program} PRIVATE ${arg_PRIVATE_LINK})
  endforeach()
  if(arg_PROGRAM)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME ${arg_PROGRAM})
    add_custom_command(TARGET ${name} POST_BUILD COMMAND ${CMAKE_COMMAND} -E create_symlink
      ${arg_PROGRAM} "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${name}")
  endif()

  set_property(GLOBAL APPEND PROPERTY LADDER_LESSONS ${name})
  if(arg_FETCHES)
    if(NOT arg_TOUR) # tour/race.hpp says what stands in braces
      set(arg_TOUR "fetch -i {list} --in-flight {in_flight} --timeout {timeout} --quiet")
    endif()
    list(TRANSFORM arg_ALSO PREPEND "${name}_" OUTPUT_VARIABLE others)
    foreach(program IN LISTS others ITEMS ${name})
      set_property(GLOBAL APPEND PROPERTY LADDER_FETCHING_LESSONS ${program})
      set_property(GLOBAL APPEND PROPERTY LADDER_TOUR_ARGUMENTS "${arg_TOUR}")
    endforeach()
  endif()

  if(Catch2_FOUND)
    file(GLOB tests CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${name}/*.cpp")
    if(tests)
      ladder_test_program(${name}_test ${name} ${tests})
      target_link_libraries(${name}_test PRIVATE ${name}_library)
      foreach(source IN LISTS programs) # tests run the rung's own programs
        get_filename_component(file "${source}" NAME_WE)
        if(file MATCHES "^broken_")
          add_dependencies(${name}_test ${name}_${file})
        elseif(file STREQUAL "main")
          add_dependencies(${name}_test ${name})
        endif()
      endforeach()
      add_dependencies(${name}_test slow_server)
    endif()
    if(arg_FETCHES)
      if(NOT arg_MAX_IN_FLIGHT)
        set(arg_MAX_IN_FLIGHT 1000000)
      endif()
      set(contract fetch_all.cpp)
      if(arg_IN_ONE_THREAD)
        list(APPEND contract in_one_thread.cpp)
      endif()
      ladder_contract(${name} ${word} ${name}_library ${arg_MAX_IN_FLIGHT} ${contract})
      foreach(other IN LISTS arg_ALSO)
        ladder_contract(${name}_${other} ${word}_${other} ${name}_library
          ${arg_MAX_IN_FLIGHT} ${contract})
      endforeach()
    endif()
  endif()
endfunction()
