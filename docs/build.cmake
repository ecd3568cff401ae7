# cmake -DROOT=... -DOUTPUT=... -DDOXYGEN=... -DVERSION=... -DTHEME=... -P build.cmake
# Runs Doxygen; what it reads is found here, in the order in which the pages appear.

file(GLOB rungs RELATIVE "${ROOT}" "${ROOT}/lessons/*/README.md")
file(GLOB exercises RELATIVE "${ROOT}" "${ROOT}/exercises/*/*/README.md")
file(GLOB others RELATIVE "${ROOT}" "${ROOT}/runner/README.md" "${ROOT}/docs/*.md")
file(GLOB sources RELATIVE "${ROOT}" "${ROOT}/lessons/*/*.hpp" "${ROOT}/lessons/*/*.cpp")
set(INPUT README.md ${rungs} ${exercises} ${others} CONTRIBUTING.md ${sources})
list(JOIN INPUT " " INPUT)

set(ENV{LADDER_ROOT} "${ROOT}") # for page.awk

file(REMOVE_RECURSE "${OUTPUT}/html")
file(MAKE_DIRECTORY "${OUTPUT}")

# The header is the one of this version of Doxygen, and what the theme adds to it.
set(HEADER "${OUTPUT}/header.html")
execute_process(COMMAND "${DOXYGEN}" -w html header.html footer.html style.css
  WORKING_DIRECTORY "${OUTPUT}" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
set(STYLESHEETS "")
set(SCRIPTS "")
set(COLORSTYLE "")
if(THEME)
  file(READ "${HEADER}" header)
  file(READ "${ROOT}/docs/head.html" additions)
  string(REPLACE "</head>" "${additions}</head>" header "${header}")
  file(WRITE "${HEADER}" "${header}")
  foreach(sheet doxygen-awesome doxygen-awesome-sidebar-only
      doxygen-awesome-sidebar-only-darkmode-toggle)
    string(APPEND STYLESHEETS "\"${THEME}/${sheet}.css\" ")
  endforeach()
  string(APPEND STYLESHEETS "docs/ladder.css")
  foreach(script darkmode-toggle fragment-copy-button paragraph-link interactive-toc)
    string(APPEND SCRIPTS "\"${THEME}/doxygen-awesome-${script}.js\" ")
  endforeach()
  if(VERSION VERSION_GREATER_EQUAL 1.9.5) # dark mode of its own, which the theme replaces
    set(COLORSTYLE "HTML_COLORSTYLE        = LIGHT")
  endif()
endif()

configure_file("${ROOT}/docs/Doxyfile.in" "${OUTPUT}/ladder.doxyfile" @ONLY)
execute_process(COMMAND "${DOXYGEN}" "${OUTPUT}/ladder.doxyfile"
  WORKING_DIRECTORY "${ROOT}" RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "Doxygen warns; see above")
endif()

file(GLOB pictures RELATIVE "${ROOT}" "${ROOT}/docs/images/*" "${ROOT}/lessons/*/*.svg"
  "${ROOT}/lessons/*/*.png")
foreach(picture IN LISTS pictures)
  get_filename_component(folder "${picture}" DIRECTORY)
  file(COPY "${ROOT}/${picture}" DESTINATION "${OUTPUT}/html/${folder}")
endforeach()

# Doxygen names the section of nested classes even where all of them are private.
file(GLOB pages "${OUTPUT}/html/class*.html" "${OUTPUT}/html/struct*.html")
foreach(page IN LISTS pages)
  file(READ "${page}" html)
  if(html MATCHES "href=\"#nested-classes\"" AND NOT html MATCHES "name=\"nested-classes\"")
    string(REPLACE "<a href=\"#nested-classes\">Classes</a> &#124;" "" html "${html}")
    file(WRITE "${page}" "${html}")
  endif()
endforeach()
