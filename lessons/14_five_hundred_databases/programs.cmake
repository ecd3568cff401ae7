# What ladder_lesson() does not know about this rung.

# Boost.MySQL is compiled once, in boost_mysql.cpp, and not in every file that uses it.
target_compile_definitions(14_five_hundred_databases_library PRIVATE
  BOOST_MYSQL_SEPARATE_COMPILATION)

# They start each other.
add_dependencies(14_five_hundred_databases stand_in_database private_mariadb)
if(TARGET 14_five_hundred_databases_test)
  add_dependencies(14_five_hundred_databases_test stand_in_database private_mariadb)
endif()

# The coroutines a second time, from the same file, on io_uring: a program of its own. The
# macros change Asio's types, so objects with and without them must never meet in one
# program; that is why this one links no rung.
find_path(LIBURING_INCLUDE liburing.h)
find_library(LIBURING uring)
if(LIBURING_INCLUDE AND LIBURING)
  set(folder "${CMAKE_CURRENT_LIST_DIR}")
  set(workbench "${PROJECT_SOURCE_DIR}/lessons/00_workbench")
  add_executable(ask_io_uring "${folder}/io_uring/ask_io_uring.cpp" "${folder}/coroutines.cpp"
    "${folder}/boost_mysql.cpp" "${folder}/way_program.cpp" "${workbench}/machine_limits.cpp"
    "${workbench}/text.cpp")
  target_compile_definitions(ask_io_uring PRIVATE
    BOOST_ASIO_HAS_IO_URING BOOST_ASIO_DISABLE_EPOLL BOOST_MYSQL_SEPARATE_COMPILATION)
  target_include_directories(ask_io_uring PRIVATE
    "${folder}" "${workbench}" "${LIBURING_INCLUDE}")
  target_link_libraries(ask_io_uring PRIVATE
    Threads::Threads fmt::fmt CLI11::CLI11 OpenSSL::SSL Boost::headers "${LIBURING}")
  ladder_compile_options(ask_io_uring)
  add_dependencies(14_five_hundred_databases ask_io_uring)
  if(TARGET 14_five_hundred_databases_test)
    add_dependencies(14_five_hundred_databases_test ask_io_uring)
  endif()
else()
  message(STATUS "liburing not found: rung 14 has no coroutines on io_uring")
endif()
foreach(broken broken_unequal broken_not_closed broken_swallowed)
  target_compile_definitions(14_five_hundred_databases_${broken} PRIVATE
    BOOST_MYSQL_SEPARATE_COMPILATION)
  add_dependencies(14_five_hundred_databases_${broken} stand_in_database)
endforeach()
