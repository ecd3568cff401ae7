# ladder_wrong_policy(NN_rung name [LINK ...]): what lessons/NN_rung/name.cpp decides is tested by
# tests/NN_rung/test_name.cpp without any I/O. Each tests/NN_rung/name_wrong/*.patch makes
# it wrong in one way, and must fail the check that its second line names, as the wrong
# answers of an exercise do. The test is compiled once, and each wrong policy linked to it
# with nothing of the rung but itself, or with the library that has what it stands on.
function(ladder_wrong_policy lesson name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LINK")
  set(source "${PROJECT_SOURCE_DIR}/lessons/${lesson}/${name}.cpp")
  set(checks ${lesson}_${name}_checks)
  add_library(${checks} OBJECT "${CMAKE_CURRENT_SOURCE_DIR}/${lesson}/test_${name}.cpp")
  target_include_directories(${checks} PUBLIC "${PROJECT_SOURCE_DIR}/lessons/${lesson}"
    "${PROJECT_BINARY_DIR}/include/${lesson}")
  target_link_libraries(${checks} PUBLIC ladder_test_support)
  ladder_quick_to_build(${checks})

  file(GLOB patches CONFIGURE_DEPENDS
    "${CMAKE_CURRENT_SOURCE_DIR}/${lesson}/${name}_wrong/*.patch")
  foreach(patch IN LISTS patches)
    ladder_read_reasons("${patch}")
    ladder_split_reason("${reasons}")
    get_filename_component(wrong "${patch}" NAME_WE)
    set(target ${lesson}_${name}_${wrong})
    set(folder "${PROJECT_BINARY_DIR}/answers/${target}")
    ladder_patch("${folder}" "${patch}" "${source}")
    add_executable(${target} "${folder}/${name}.cpp")
    set_target_properties(${target} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    target_link_libraries(${target} PRIVATE ${checks} ${arg_LINK})
    ladder_quick_to_build(${target})
    target_compile_options(${target} PRIVATE -Wno-unused) # the patch may leave some
    add_test(NAME "${lesson}.wrong ${name} dies: ${wrong}"
      COMMAND ${CMAKE_COMMAND} "-DTEST=$<TARGET_FILE:${target}>" "-DCHECK=${check}"
      -P "${LADDER_MUST_FAIL}")
    set_tests_properties("${lesson}.wrong ${name} dies: ${wrong}" PROPERTIES TIMEOUT 120)
  endforeach()
endfunction()

ladder_wrong_policy(04_process_pool ledger)
ladder_wrong_policy(13_fetcher ledger LINK 13_fetcher_library)
ladder_wrong_policy(13_fetcher host_limits LINK 13_fetcher_library)
ladder_wrong_policy(13_fetcher turns LINK 13_fetcher_library)
ladder_wrong_policy(13_fetcher random_words LINK 13_fetcher_library)
