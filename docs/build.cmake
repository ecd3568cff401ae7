# cmake -DROOT=... -DOUTPUT=... -DDOXYGEN=... -DVERSION=... -DTHEME=... -DLUNR=...
#   -DFINISH=... -P build.cmake
# Runs Doxygen; what it reads is found here, in the order in which the pages appear.

file(GLOB rungs RELATIVE "${ROOT}" "${ROOT}/lessons/*/README.md")
file(GLOB exercises RELATIVE "${ROOT}" "${ROOT}/exercises/*/*/README.md")
file(GLOB others RELATIVE "${ROOT}" "${ROOT}/runner/README.md" "${ROOT}/docs/*.md")
file(GLOB sources RELATIVE "${ROOT}" "${ROOT}/lessons/*/*.hpp" "${ROOT}/lessons/*/*.cpp")
set(INPUT README.md ${rungs} ${exercises} ${others} CONTRIBUTING.md docs/namespaces.dox ${sources})
list(JOIN INPUT " " INPUT)

set(ENV{LADDER_ROOT} "${ROOT}") # for page.awk and header.awk

file(REMOVE_RECURSE "${OUTPUT}/html")
file(MAKE_DIRECTORY "${OUTPUT}")

# The menu is part of every page's header. A site says where it is, for its preview picture.
execute_process(COMMAND awk -f docs/names.awk -f docs/navigation.awk
    ${rungs} ${others} CONTRIBUTING.md
  WORKING_DIRECTORY "${ROOT}" OUTPUT_VARIABLE NAVIGATION COMMAND_ERROR_IS_FATAL ANY)
set(SOCIAL "")
if(DEFINED ENV{LADDER_SITE})
  set(SOCIAL "<meta property=\"og:image\" content=\"$ENV{LADDER_SITE}/docs/images/social.png\"/>
<meta property=\"og:title\" content=\"$title\"/>")
endif()
configure_file("${ROOT}/docs/header.html" "${OUTPUT}/header.html" @ONLY)

set(STYLESHEETS "")
if(THEME)
  string(APPEND STYLESHEETS "\"${THEME}/doxygen-awesome.css\" ")
endif()
string(APPEND STYLESHEETS "docs/ladder.css")
set(EXTRA_FILES "docs/favicon.svg docs/search.js docs/book.js")
if(LUNR)
  string(APPEND EXTRA_FILES " \"${LUNR}\"")
endif()
set(NEWER "")
if(VERSION VERSION_GREATER_EQUAL 1.9.5) # dark mode of its own, which the theme replaces
  string(APPEND NEWER "HTML_COLORSTYLE        = LIGHT\n")
endif()
if(VERSION VERSION_GREATER_EQUAL 1.10)
  string(APPEND NEWER "HTML_CODE_FOLDING      = NO\nHTML_COPY_CLIPBOARD    = NO\n")
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

execute_process(COMMAND "${FINISH}" "${OUTPUT}/html" "${OUTPUT}/tags.xml"
    "${ROOT}/docs/index_words.txt"
  COMMAND_ERROR_IS_FATAL ANY)
