# What ladder_lesson() does not know about this rung.

# They start each other.
foreach(program 15_beyond_one_machine 15_beyond_one_machine_test bench_beyond_one_machine)
  if(TARGET ${program})
    add_dependencies(${program} private_cluster fetch_list queue_fetcher 13_fetcher slow_server)
  endif()
endforeach()
foreach(broken delete_on_lease no_fence outcome_after own_clock select_as_lock)
  add_dependencies(15_beyond_one_machine_broken_${broken} private_cluster)
endforeach()
