include_guard(GLOBAL)

# How everything here is compiled.
#
# A mechanism is compiled for speed, and so is a benchmark. All else is compiled for whoever
# waits for the compiler: main programs, demos and reports a little optimised, tests and
# exercises not at all, and so is everything under a sanitizer. Line numbers are all that
# is kept for a debugger; for more of it, configure with -DCMAKE_BUILD_TYPE=Debug.
#
# The sources of Asio and Boost.MySQL are compiled once, in the library `boost_sources`,
# and not in every object that uses them. The macros that say so change what the headers
# mean, so they hold for every object of the project. (Beast's are not worth it: they take
# longer than the two objects save that parse HTTP.)

# A linker that takes a quarter to half the time of the usual one. (Not gold with
# ThreadSanitizer, which then makes a file as large as what it finds beside the program's
# code, and so dies in tests that limit files.)
include(CheckLinkerFlag)
check_linker_flag(CXX -fuse-ld=lld LADDER_LLD)
if(LADDER_LLD)
  add_link_options(-fuse-ld=lld)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  check_linker_flag(CXX -fuse-ld=gold LADDER_GOLD)
  if(LADDER_GOLD AND NOT LADDER_SANITIZE MATCHES "thread")
    add_link_options(-fuse-ld=gold)
  endif()
endif()

# UndefinedBehaviorSanitizer asks at each use of a pointer whether it is null, and aligned.
# In the library headers that every object compiles, these two questions are a sixth of the
# build; AddressSanitizer stops at a null pointer there, too. Our own code is asked.
if(LADDER_SANITIZE MATCHES "undefined" AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(LADDER_IGNORED "${PROJECT_BINARY_DIR}/sanitizer_ignores.txt")
  file(CONFIGURE OUTPUT "${LADDER_IGNORED}" CONTENT
    "[null|alignment]\nsrc:/usr/include/*\nsrc:/usr/lib/*\nsrc:/usr/bin/../lib/*\n")
endif()

# AddressSanitizer makes so many addresses part of a program that to relocate them takes a
# quarter of its start, and tests start thousands.
if(LADDER_SANITIZE MATCHES "address")
  add_compile_options(-fno-pie)
  add_link_options(-no-pie)
endif()

add_compile_definitions(BOOST_ASIO_SEPARATE_COMPILATION BOOST_MYSQL_SEPARATE_COMPILATION)

# Several files of a target are compiled as one, which halves what a rung takes: names in
# the files of a folder must not collide. (The compiler takes them for a header then, and
# warns of what a header should not have.) Not those of an exercise, for which a learner
# waits. An editor wants to know how each file is compiled by itself: the target
# `compile_commands` says so, from a second configuration that nobody builds.
option(LADDER_UNITY "Compile several files of a target as one" ON)
set(CMAKE_UNITY_BUILD ${LADDER_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 4)
if(LADDER_SANITIZE) # nobody waits for a single file
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 10)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-subobject-linkage)
endif()

function(ladder_compile_commands)
  set(file "${PROJECT_BINARY_DIR}/compile_commands.json")
  set(by_file "${PROJECT_BINARY_DIR}/by_file")
  add_custom_command(OUTPUT "${file}"
    COMMAND ${CMAKE_COMMAND} -S "${PROJECT_SOURCE_DIR}" -B "${by_file}" -G Ninja
      -D CMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -D CMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE}
      -D CMAKE_CXX_FLAGS_RELWITHDEBINFO=${CMAKE_CXX_FLAGS_RELWITHDEBINFO}
      -D CMAKE_EXPORT_COMPILE_COMMANDS=ON -D LADDER_UNITY=OFF > "${by_file}.log"
    COMMAND ${CMAKE_COMMAND} -E copy "${by_file}/compile_commands.json" "${file}"
    DEPENDS "${PROJECT_BINARY_DIR}/build.ninja"
    COMMENT "Writing compile_commands.json" VERBATIM)
  add_custom_target(compile_commands ALL DEPENDS "${file}")
endfunction()

# ladder_compile_options(target [SPEED | QUICK] [HEADERS kind]): warnings, the sanitizer,
# optimisation, and headers that are read once for all (below).
function(ladder_compile_options target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SPEED;QUICK" "HEADERS" "")
  set(level 1)
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
      if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Clang 14 cannot say of a coroutine what type of function it is.
        target_compile_options(${target} PRIVATE -fno-sanitize=function
          "-fsanitize-ignorelist=${LADDER_IGNORED}")
      endif()
    endif()
    if(LADDER_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE -Wno-tsan) # it knows no fences; Asio has
    endif()
    set(level 0) # to optimise what a sanitizer adds takes longer than to run it
  elseif(arg_SPEED)
    set(level 2)
  elseif(arg_QUICK)
    set(level 0)
  endif()
  target_compile_options(${target} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O${level}>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # In KB: the compiler ends before it would look for memory to use again.
    target_compile_options(${target} PRIVATE --param=ggc-min-heapsize=1000000)
  endif()
  if(arg_HEADERS)
    set(kind ${arg_HEADERS})
    if(level EQUAL 0 AND Catch2_FOUND AND NOT kind MATCHES "test|companion")
      # Under a sanitizer, programs take what is precompiled for tests.
      string(REPLACE "std_" "" kind "${kind}_test")
    endif()
    if(level EQUAL 1 AND LADDER_HEADERS_FOR_BOTH)
      set(level 2)
    endif()
    if(NOT LADDER_SANITIZE) # which would have to watch the same stacks in both
      string(REPLACE "asio" "fiber" kind "${kind}")
    endif()
    if(kind MATCHES "fiber") # what was defined when they were compiled
      foreach(library fiber context)
        target_compile_definitions(${target} PRIVATE
          $<TARGET_PROPERTY:Boost::${library},INTERFACE_COMPILE_DEFINITIONS>)
      endforeach()
    endif()
    set(name headers_${kind}_O${level})
    ladder_headers(${name} ${kind} ${level})
    target_precompile_headers(${target} REUSE_FROM ${name})
    if(kind MATCHES "test")
      target_compile_definitions(${target} PRIVATE
        CATCH_CONFIG_ENABLE_OPTIONAL_STRINGMAKER)
    endif()
  endif()
endfunction()

# ladder_is_tested(variable threads): is what has threads, or has none, built and tested
# with this sanitizer? ThreadSanitizer has nothing to say about a program with one thread.
function(ladder_is_tested variable threads)
  set(tested TRUE)
  if(LADDER_SANITIZE MATCHES "thread" AND NOT threads)
    set(tested FALSE)
  endif()
  set(${variable} ${tested} PARENT_SCOPE)
endfunction()

# ladder_unwatched_stacks(target scope): for what changes stacks. The distribution's
# Boost.Context does not tell AddressSanitizer when it does. An exception in a fiber then
# looks like an overflow of the stack, so stacks are not watched there; the heap is.
function(ladder_unwatched_stacks target scope)
  if(NOT LADDER_SANITIZE MATCHES "address")
    return()
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} ${scope} --param=asan-stack=0)
  else()
    target_compile_options(${target} ${scope} "SHELL:-mllvm -asan-stack=0")
  endif()
endfunction()

# Headers that take longer to read than what includes them. They are precompiled, once
# for each level of optimisation, and only in a build that needs them; GCC before 13 takes
# those of -O2 for -O1 as well. Files still include all that they use: the preset `clang`
# has no precompiled headers.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  set(LADDER_HEADERS_FOR_BOTH TRUE)
endif()
set(LADDER_HEADERS_std <algorithm> <array> <atomic> <chrono> <deque> <filesystem>
  <fmt/format.h> <fstream> <functional> <map> <memory> <mutex> <optional> <span> <sstream>
  <stdexcept> <string> <system_error> <thread> <vector>)
set(LADDER_HEADERS_asio ${LADDER_HEADERS_std} <boost/asio/awaitable.hpp>
  <boost/asio/buffer.hpp> <boost/asio/co_spawn.hpp> <boost/asio/deferred.hpp>
  <boost/asio/experimental/awaitable_operators.hpp> <boost/asio/io_context.hpp>
  <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp> <boost/asio/steady_timer.hpp>
  <boost/asio/this_coro.hpp> <boost/asio/use_awaitable.hpp> <boost/asio/write.hpp>)
set(LADDER_HEADERS_fiber ${LADDER_HEADERS_asio} <boost/asio/async_result.hpp>
  <boost/asio/executor_work_guard.hpp> <boost/asio/local/stream_protocol.hpp>
  <boost/fiber/condition_variable.hpp> <boost/fiber/fiber.hpp> <boost/fiber/future.hpp>
  <boost/fiber/operations.hpp>)
set(LADDER_HEADERS_companion ${LADDER_HEADERS_std} <boost/json/parse.hpp>
  <boost/json/value_to.hpp> <fmt/ranges.h>)
set(LADDER_HEADERS_test ${LADDER_HEADERS_std} <catch2/catch_test_macros.hpp> <future> <set>)
set(LADDER_HEADERS_asio_test ${LADDER_HEADERS_test} ${LADDER_HEADERS_asio}
  <boost/asio/experimental/parallel_group.hpp>)
set(LADDER_HEADERS_fiber_test ${LADDER_HEADERS_asio_test} ${LADDER_HEADERS_fiber}
  <boost/asio/local/connect_pair.hpp> <boost/fiber/algo/round_robin.hpp>
  <boost/fiber/context.hpp> <boost/fiber/scheduler.hpp> <tuple>)

function(ladder_headers name kind level)
  if(TARGET ${name})
    return()
  endif()
  file(CONFIGURE OUTPUT ${name}.cpp CONTENT "")
  add_library(${name} OBJECT EXCLUDE_FROM_ALL "${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp")
  target_link_libraries(${name} PRIVATE Threads::Threads fmt::fmt)
  if(kind MATCHES "test")
    target_link_libraries(${name} PRIVATE Catch2::Catch2)
    target_compile_definitions(${name} PRIVATE CATCH_CONFIG_ENABLE_OPTIONAL_STRINGMAKER)
  endif()
  if(kind MATCHES "fiber|companion") # what is precompiled decides about the stacks
    ladder_unwatched_stacks(${name} PRIVATE)
  endif()
  if(kind MATCHES "fiber")
    target_link_libraries(${name} PRIVATE Boost::fiber Boost::context)
  elseif(kind MATCHES "asio")
    target_link_libraries(${name} PRIVATE Boost::headers)
  elseif(kind STREQUAL "companion")
    target_link_libraries(${name} PRIVATE Boost::json Boost::fiber Boost::context)
  endif()
  set(how QUICK "" SPEED) # by level
  list(GET how ${level} how)
  ladder_compile_options(${name} ${how})
  set(headers ${LADDER_HEADERS_${kind}})
  list(REMOVE_DUPLICATES headers)
  target_precompile_headers(${name} PRIVATE ${headers})
  set_target_properties(${name} PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
endfunction()

# Boost's own sources. NAME has Asio's, on the loop that the definitions choose, if there
# are any; NAME_mysql has those of Boost.MySQL and of Asio's TLS, on the same loop.
function(ladder_boost_sources name)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${name}")
  file(CONFIGURE OUTPUT "${folder}/asio.cpp" CONTENT "#include <boost/asio/impl/src.hpp>\n")
  file(CONFIGURE OUTPUT "${folder}/tls.cpp" CONTENT "#include <boost/asio/ssl/impl/src.hpp>\n")
  add_library(${name} STATIC "${folder}/asio.cpp")
  add_library(${name}_mysql STATIC "${folder}/tls.cpp")
  file(READ "${Boost_INCLUDE_DIRS}/boost/mysql/src.hpp" mysql)
  string(REGEX MATCHALL "#include <[^>]+\\.ipp>" mysql "${mysql}")
  set(heaviest "#include <boost/mysql/impl/network_algorithms.ipp>") # half of the time
  if(heaviest IN_LIST mysql)
    list(REMOVE_ITEM mysql "${heaviest}")
    list(JOIN mysql "\n" mysql)
    file(CONFIGURE OUTPUT "${folder}/mysql_network.cpp" CONTENT
      "#include <boost/mysql/detail/config.hpp>\n${heaviest}\n")
    file(CONFIGURE OUTPUT "${folder}/mysql.cpp" CONTENT
      "#include <boost/mysql/detail/config.hpp>\n${mysql}\n")
    target_sources(${name}_mysql PRIVATE "${folder}/mysql_network.cpp" "${folder}/mysql.cpp")
  else()
    file(CONFIGURE OUTPUT "${folder}/mysql.cpp" CONTENT "#include <boost/mysql/src.hpp>\n")
    target_sources(${name}_mysql PRIVATE "${folder}/mysql.cpp")
  endif()
  target_compile_definitions(${name} PUBLIC ${ARGN})
  target_link_libraries(${name} PUBLIC Boost::headers Threads::Threads)
  target_link_libraries(${name}_mysql PUBLIC ${name} OpenSSL::SSL)
  ladder_compile_options(${name} SPEED)
  ladder_compile_options(${name}_mysql)
  foreach(library ${name} ${name}_mysql)
    ladder_unwatched_stacks(${library} PRIVATE) # they run in fibers, too
    set_target_properties(${library} PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
    if(NOT LADDER_SANITIZE)
      set_target_properties(${library} PROPERTIES UNITY_BUILD OFF) # two halves, two cores
    endif()
  endforeach()
endfunction()
