# cmake --install build --component fetcher [--prefix DIR]: the program, its manual page,
# and what completes its command line in three shells. The program writes them itself: they
# are made of the same options as its help.
include(GNUInstallDirs)

set(made "${PROJECT_BINARY_DIR}/share")
foreach(kind IN ITEMS man bash zsh fish)
  if(kind STREQUAL "man")
    set(file "${made}/man/man1/fetcher.1")
    set(folder "${CMAKE_INSTALL_MANDIR}/man1")
  elseif(kind STREQUAL "bash")
    set(file "${made}/bash-completion/completions/fetcher")
    set(folder "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
  elseif(kind STREQUAL "zsh")
    set(file "${made}/zsh/site-functions/_fetcher")
    set(folder "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
  else()
    set(file "${made}/fish/vendor_completions.d/fetcher.fish")
    set(folder "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
  endif()
  get_filename_component(beside "${file}" DIRECTORY)
  add_custom_command(OUTPUT "${file}"
    COMMAND ${CMAKE_COMMAND} -E make_directory "${beside}"
    COMMAND 13_fetcher --help ${kind} > "${file}"
    DEPENDS 13_fetcher
    COMMENT "Writing ${file}" VERBATIM)
  list(APPEND manuals "${file}")
  install(FILES "${file}" DESTINATION "${folder}" COMPONENT fetcher)
endforeach()
add_custom_target(fetcher_manuals ALL DEPENDS ${manuals})
install(TARGETS 13_fetcher RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT fetcher)
