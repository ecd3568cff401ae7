# ladder_exercise(): one exercise, proved to tell right from wrong.
#
#   ladder_exercise(NN_rung name
#     [HEADERS kind]  what is precompiled for it: test, asio_test or fiber_test
#     [LINK ...]      what its test needs besides
#     [ORDERS_WITH f] a source of the rung that runs in every order, too (below)
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
# the right answers, of which the solution is one, and the wrong ones that only its
# sanitizer catches.
#
# When there is an orders.cpp beside test.cpp, a program of its own runs each of its checks
# in every order of threads (lessons/00_workbench/explore), with up to "orders" preemptions,
# which exercise.json says. A wrong answer may have several reasons, a line for each.
#
# All are compiled for somebody who waits: not optimised, and with precompiled headers. Only
# what the learner made is in compile_commands.json.
#
# The answers of an exercise, the solution among them, are one program,
# NN_rung_name_answers, several in one file: each in a namespace of its own, with the check
# that it must fail. That takes a third of the compiler's time. What they include is
# included before, so a header beside the test must not include the answer.

set(LADDER_MUST_FAIL "${CMAKE_CURRENT_LIST_DIR}/must_fail.cmake")
set_property(GLOBAL PROPERTY LADDER_EXERCISES "")
set(LADDER_ANSWERS_IN_A_FILE 16)

function(ladder_quick_to_build target) # [HEADERS kind]
  ladder_compile_options(${target} QUICK ${ARGN})
  target_compile_options(${target} PRIVATE -pipe)
  set_target_properties(${target} PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
endfunction()

function(ladder_tested_answers target) # file...
  add_executable(${target} ${ARGN})
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_link_libraries(${target} PRIVATE
    ladder_test_support ${arg_LINK} ${lesson}_library)
  add_dependencies(${target} slow_server)
endfunction()

# orders.cpp, compiled against one folder of answers: with hooks at every access, which
# ladder_explore has instead of ThreadSanitizer's library.
function(ladder_orders target include_dir) # file...
  if(arg_ORDERS_WITH)
    list(APPEND ARGN "${PROJECT_SOURCE_DIR}/lessons/${lesson}/${arg_ORDERS_WITH}")
  endif()
  ladder_explored(${target} ${ARGN})
  target_include_directories(${target} PRIVATE "${include_dir}")
  target_compile_definitions(${target} PRIVATE LADDER_ORDERS=${orders})
  target_link_libraries(${target} PRIVATE ${arg_LINK} ${lesson}_library)
endfunction()

function(ladder_explored target) # file...
  add_executable(${target} ${ARGN})
  set_target_properties(${target} PROPERTIES EXPORT_COMPILE_COMMANDS OFF
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  ladder_compile_options(${target} QUICK)
  target_compile_definitions(${target} PRIVATE LADDER_EXPLORED)
  target_compile_options(${target} PRIVATE -pipe -fsanitize=thread -g1)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-tsan) # of fences; ours knows them
  endif()
  target_link_libraries(${target} PRIVATE
    "$<LINK_LIBRARY:WHOLE_ARCHIVE,ladder_orders_support>")
endfunction()

# Copies of files in a folder of their own, with a patch.
function(ladder_patch folder patch) # file...
  list(TRANSFORM ARGN REPLACE "^.*/" "${folder}/" OUTPUT_VARIABLE patched)
  file(RELATIVE_PATH what "${PROJECT_BINARY_DIR}" "${folder}")
  add_custom_command(OUTPUT ${patched}
    COMMAND rm -rf "${folder}"
    COMMAND mkdir -p "${folder}"
    COMMAND cp ${ARGN} "${folder}"
    COMMAND patch --quiet --fuzz=0 --strip=1 --directory=${folder} --input=${patch}
    COMMAND touch ${patched}
    DEPENDS "${patch}" ${ARGN}
    COMMENT "Patching ${what}" VERBATIM)
endfunction()

# An answer: the solution with a patch, if only an empty one. It goes into the next file of
# the program KIND ("answers" or "answers_orders"), with one check or, for "", with all.
macro(ladder_add_answer kind answer patch check)
  set(folder "${answers}/${answer}")
  list(TRANSFORM solved REPLACE "^.*/" "${folder}/" OUTPUT_VARIABLE patched)
  if(NOT "${answer}" IN_LIST made)
    list(APPEND made ${answer})
    ladder_patch("${folder}" "${patch}" ${solved})
    file(STRINGS "${patch}" more REGEX "^\\+#include ")
    string(REGEX REPLACE "(^|;)\\+" "\\1" more "${more}")
    list(APPEND includes ${more})
  endif()
  list(APPEND ${kind}_names ${answer})
  list(APPEND ${kind}_checks "${check}")
  list(APPEND ${kind}_headers ${patched})
endmacro()

# The test NAME: a right answer passes all checks.
macro(ladder_right_answer name answer patch)
  ladder_add_answer(answers ${answer} "${patch}" all)
  add_test(NAME "${name}" COMMAND ${target}_answers "${answer}: *")
  set_tests_properties("${name}" PROPERTIES TIMEOUT 120)
  if(orders)
    ladder_add_answer(answers_orders ${answer} "${patch}" all)
    add_test(NAME "${name}, in every order" COMMAND ${target}_answers_orders
      "${answer}: *")
    set_tests_properties("${name}, in every order" PROPERTIES TIMEOUT 120)
  endif()
endmacro()

# The program of the answers that were added. Those that may be seen to be wrong by the
# compiler are in files of their own.
function(ladder_answers_program kind) # file of the test...
  if(NOT ${kind}_names)
    return()
  endif()
  # Headers that are not the answer, by the path with which they are found from here.
  foreach(file IN LISTS solved ARGN)
    file(STRINGS "${file}" more REGEX "^#include ")
    list(APPEND includes ${more})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  endforeach()
  list(TRANSFORM includes REPLACE "(^#include [<\"][^>\"]*[>\"]).*" "\\1")
  list(REMOVE_DUPLICATES includes)
  foreach(header IN LISTS solved)
    get_filename_component(header "${header}" NAME)
    list(REMOVE_ITEM includes "#include \"${header}\"")
    file(CONFIGURE OUTPUT "${answers}/none/${header}" CONTENT "")
  endforeach()
  list(JOIN includes "\n" includes)
  string(PREPEND includes "namespace ladder {}\n#include \"one_check.hpp\"\n")

  set(files)
  set(file 0)
  while(${kind}_names)
    math(EXPR file "${file} + 1")
    set(text "${includes}\n")
    set(left ${LADDER_ANSWERS_IN_A_FILE})
    if(kind STREQUAL "answers_orders") # each has hooks, and takes longer
      math(EXPR left "${left} / 2")
    endif()
    list(GET ${kind}_checks 0 check)
    set(all_checks FALSE)
    if(check STREQUAL "all")
      set(all_checks TRUE)
    endif()
    while(${kind}_names AND left)
      list(GET ${kind}_checks 0 check)
      if(all_checks AND NOT check STREQUAL "all")
        break()
      endif()
      list(POP_FRONT ${kind}_checks)
      list(POP_FRONT ${kind}_names name)
      math(EXPR left "${left} - 1")
      string(REPLACE "\"" "\\\"" check "${check}")
      string(APPEND text "\nnamespace ladder_${name} {\nusing namespace ladder;\n}\n"
        "#define ladder ladder_${name}\n")
      foreach(header IN LISTS solved)
        get_filename_component(header "${header}" NAME)
        string(APPEND text "#include \"${answers}/${name}/${header}\"\n")
      endforeach()
      string(APPEND text "#undef ladder\nnamespace answer_${name} {\n"
        "namespace ladder {\nusing namespace ladder_${name};\n}\n"
        "#define LADDER_ANSWER \"${name}: \"\n#define LADDER_CHECK \"${check}\"\n")
      foreach(source IN LISTS ARGN)
        string(APPEND text "#include \"${source}\"\n")
      endforeach()
      string(APPEND text "#undef LADDER_ANSWER\n#undef LADDER_CHECK\n}\n")
    endwhile()
    set(path "${answers}/${kind}_${file}.cpp")
    file(CONFIGURE OUTPUT "${path}" CONTENT "${text}" @ONLY)
    if(NOT all_checks)
      set_source_files_properties("${path}" PROPERTIES COMPILE_OPTIONS -w)
    endif()
    list(APPEND files "${path}")
  endwhile()

  list(REMOVE_DUPLICATES ${kind}_headers)
  list(APPEND files ${${kind}_headers})
  set(program ${target}_${kind})
  if(kind STREQUAL "answers")
    ladder_tested_answers(${program} ${files})
    target_include_directories(${program} PRIVATE "${answers}/none" "${tests}")
    # Precompiled headers decide about watched stacks; those of `test` do not know rung 07's.
    get_target_property(options ${lesson}_library INTERFACE_COMPILE_OPTIONS)
    if(options MATCHES "asan-stack" AND arg_HEADERS STREQUAL "test")
      ladder_quick_to_build(${program})
    else()
      ladder_quick_to_build(${program} HEADERS ${arg_HEADERS})
    endif()
    if(NOT LADDER_SANITIZE) # or nobody asks for its lines
      target_compile_options(${program} PRIVATE -g0)
      target_link_options(${program} PRIVATE -s)
    endif()
  else()
    ladder_orders(${program} "${answers}/none" ${files})
    target_include_directories(${program} PRIVATE "${tests}")
  endif()
  target_compile_options(${program} PRIVATE -Wno-unused)
  set_target_properties(${program} PROPERTIES UNITY_BUILD OFF)
endfunction()

# The test NAME: of the program KIND, an answer fails in CHECK; with REPORT, this sanitizer
# reports in CHECK.
function(ladder_must_fail name kind answer report check)
  add_test(NAME "${name}" COMMAND ${CMAKE_COMMAND}
    "-DTEST=$<TARGET_FILE:${target}_${kind}>" "-DREPORT=${report}"
    "-DCHECK=${answer}: ${check}" -P "${LADDER_MUST_FAIL}")
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
  cmake_parse_arguments(PARSE_ARGV 2 arg "THREADS" "HEADERS;ORDERS_WITH" "LINK")
  if(NOT arg_HEADERS)
    set(arg_HEADERS test)
  endif()
  set(yours "${PROJECT_SOURCE_DIR}/exercises/${lesson}/${name}")
  set(solution "${PROJECT_SOURCE_DIR}/solutions/${lesson}/${name}")
  set(tests "${PROJECT_SOURCE_DIR}/tests/${lesson}/${name}")
  set(target ${lesson}_${name})
  set(answers "${PROJECT_BINARY_DIR}/answers/${target}")
  set(prefix "${lesson}.${name}")
  set_property(GLOBAL APPEND PROPERTY LADDER_EXERCISES "${lesson}/${name}")
  file(GLOB test_files CONFIGURE_DEPENDS "${tests}/*.cpp")
  list(FILTER test_files EXCLUDE REGEX "/orders\\.cpp$")
  file(GLOB solved CONFIGURE_DEPENDS "${solution}/*.hpp")
  foreach(list made includes answers_names answers_checks answers_headers
      answers_orders_names answers_orders_checks answers_orders_headers)
    set(${list})
  endforeach()

  ladder_tested_answers(${target}_yours ${test_files})
  target_include_directories(${target}_yours PRIVATE "${yours}")
  ladder_quick_to_build(${target}_yours HEADERS ${arg_HEADERS})
  set_target_properties(${target}_yours PROPERTIES EXCLUDE_FROM_ALL TRUE
    COMPILE_WARNING_AS_ERROR FALSE) # ./learn check shows them
  if(CMAKE_EXPORT_COMPILE_COMMANDS)
    set_target_properties(${target}_yours PROPERTIES EXPORT_COMPILE_COMMANDS ON)
  endif()

  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${yours}/exercise.json")
  file(READ "${yours}/exercise.json" description)
  string(JSON orders ERROR_VARIABLE none GET "${description}" orders)
  if(LADDER_SANITIZE OR NOT orders)
    set(orders "") # they have hooks of their own
  else()
    ladder_orders(${target}_yours_orders "${yours}" "${tests}/orders.cpp")
    set_target_properties(${target}_yours_orders PROPERTIES EXCLUDE_FROM_ALL TRUE
      COMPILE_WARNING_AS_ERROR FALSE)
  endif()

  ladder_is_tested(tested ${arg_THREADS})
  if(NOT tested)
    return()
  endif()
  # The solution is one more right answer.
  file(CONFIGURE OUTPUT "${answers}/none.patch" CONTENT "")
  ladder_right_answer("${prefix}.the solution passes" solution "${answers}/none.patch")
  file(GLOB patches CONFIGURE_DEPENDS "${tests}/right/*.patch")
  foreach(patch IN LISTS patches)
    get_filename_component(right "${patch}" NAME_WE)
    set(test "${prefix}.right answer passes: ${right}")
    ladder_right_answer("${test}" right_${right} "${patch}")
  endforeach()

  if(NOT LADDER_SANITIZE)
    string(JSON fails_with GET "${description}" fails_with)
    ladder_add_answer(answers starter "${tests}/starter.patch" "${fails_with}")
    ladder_must_fail("${prefix}.the starter fails" answers starter "" "${fails_with}")
  endif()

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
        ladder_add_answer(answers_orders ${wrong} "${patch}" "${check}")
        ladder_must_fail("${test}, in some order" answers_orders ${wrong} "" "${check}")
      elseif((sanitizer AND LADDER_SANITIZE MATCHES "${sanitizer}") OR
          (NOT sanitizer AND NOT LADDER_SANITIZE))
        ladder_add_answer(answers ${wrong} "${patch}" "${check}")
        ladder_must_fail("${test}" answers ${wrong} "${report}" "${check}")
      endif()
    endforeach()
  endforeach()
  ladder_answers_program(answers ${test_files})
  ladder_answers_program(answers_orders "${tests}/orders.cpp")
endfunction()
