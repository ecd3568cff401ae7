# What ladder_lesson() does not know about this rung.

# They start each other.
add_dependencies(14_five_hundred_databases_run stand_in_database private_mariadb)

# The coroutines a second time, from the same file, on io_uring: a program of its own. The
# macros change Asio's types, so objects with and without them must never meet in one
# program; that is why this one links no rung that uses Asio.
if(TARGET boost_sources_uring) # rung 10 found liburing
  set(folder "${CMAKE_CURRENT_LIST_DIR}")
  add_executable(ask_io_uring "${folder}/io_uring/ask_io_uring.cpp" "${folder}/coroutines.cpp"
    "${folder}/way_program.cpp")
  target_include_directories(ask_io_uring PRIVATE
    "${PROJECT_BINARY_DIR}/include/14_five_hundred_databases")
  target_link_libraries(ask_io_uring PRIVATE 00_workbench_library boost_sources_uring_mysql)
  ladder_compile_options(ask_io_uring SPEED)
  add_dependencies(14_five_hundred_databases_run ask_io_uring)
endif()
foreach(broken broken_unequal broken_not_closed broken_swallowed)
  add_dependencies(14_five_hundred_databases_${broken} stand_in_database)
endforeach()
