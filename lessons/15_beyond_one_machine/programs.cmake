# What ladder_lesson() does not know about this rung.

# What an administrator would run is what the private database runs.
target_compile_definitions(15_beyond_one_machine_library PRIVATE
  LADDER_GRANTS="${CMAKE_CURRENT_LIST_DIR}/examples/grants.sql")

# With the fetcher, which looks for its queue_fetcher beside itself. Who has not built
# them gets the fetcher alone.
foreach(program queue_fetcher fetch_list)
  install(TARGETS ${program} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
    COMPONENT fetcher OPTIONAL)
endforeach()

# They start each other.
foreach(program 15_beyond_one_machine_run bench_beyond_one_machine)
  if(TARGET ${program})
    add_dependencies(${program} private_cluster fetch_list queue_fetcher 13_fetcher slow_server)
  endif()
endforeach()
foreach(broken delete_on_lease no_fence outcome_after own_clock select_as_lock)
  add_dependencies(15_beyond_one_machine_broken_${broken} private_cluster)
endforeach()
if(TARGET 15_beyond_one_machine_test)
  # Its certificates.
  target_link_libraries(15_beyond_one_machine_test PRIVATE OpenSSL::Crypto)
endif()
