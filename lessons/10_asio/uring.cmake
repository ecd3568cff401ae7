# Rung 10 once more, from the same sources, on io_uring instead of epoll: the program
# 10_asio_uring. Two macros choose the loop, and they change what Asio's own classes are
# made of. So all its sources are compiled again, and no object of the one build may ever
# be linked with one of the other.

find_path(URING_INCLUDE_DIR liburing.h)
find_library(URING_LIBRARY uring)
mark_as_advanced(URING_INCLUDE_DIR URING_LIBRARY)

if(LADDER_SANITIZE)
  # The same sources as on epoll, and a loop that is not ours: nothing to find.
elseif(URING_INCLUDE_DIR AND URING_LIBRARY)
  ladder_boost_sources(boost_sources_uring BOOST_ASIO_HAS_IO_URING BOOST_ASIO_DISABLE_EPOLL)
  target_include_directories(boost_sources_uring PUBLIC "${URING_INCLUDE_DIR}")
  target_link_libraries(boost_sources_uring PUBLIC "${URING_LIBRARY}")

  get_target_property(mechanism 10_asio_library SOURCES)
  get_target_property(program 10_asio SOURCES)
  add_executable(10_asio_uring ${mechanism} ${program})
  target_compile_definitions(10_asio_uring PRIVATE
    LADDER_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  target_include_directories(10_asio_uring PRIVATE 10_asio)
  target_link_libraries(10_asio_uring PRIVATE 00_workbench_library boost_sources_uring)
  ladder_compile_options(10_asio_uring SPEED)
  set_target_properties(10_asio_uring PROPERTIES UNITY_BUILD_BATCH_SIZE 2)
  add_dependencies(10_asio_run 10_asio_uring) # which it shows beside itself
else()
  message(STATUS "liburing not found: no 10_asio_uring in this build")
endif()
