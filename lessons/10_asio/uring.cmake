# Rung 10 once more, from the same sources, on io_uring instead of epoll: the program
# 10_asio_uring. Two macros choose the loop, and they change what Asio's own classes are
# made of. So all its sources are compiled again, and no object of the one build may ever
# be linked with one of the other.

find_path(URING_INCLUDE_DIR liburing.h)
find_library(URING_LIBRARY uring)
mark_as_advanced(URING_INCLUDE_DIR URING_LIBRARY)

if(URING_INCLUDE_DIR AND URING_LIBRARY)
  get_target_property(sources 10_asio_library SOURCES)
  add_executable(10_asio_uring ${sources} 10_asio/main.cpp)
  target_compile_definitions(10_asio_uring PRIVATE
    BOOST_ASIO_HAS_IO_URING BOOST_ASIO_DISABLE_EPOLL
    LADDER_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  target_include_directories(10_asio_uring PRIVATE 10_asio "${URING_INCLUDE_DIR}")
  target_link_libraries(10_asio_uring PRIVATE 00_workbench_library "${URING_LIBRARY}")
  ladder_compile_options(10_asio_uring)
  add_dependencies(10_asio 10_asio_uring) # which it shows beside itself
  if(TARGET 10_asio_test)
    add_dependencies(10_asio_test 10_asio_uring)
  endif()
else()
  message(STATUS "liburing not found: no 10_asio_uring in this build")
endif()
