# Every program and claim that the course descends from is answered in a lesson. A lesson
# marks which, where no reader sees it: <!-- seeds: A1 B3 -->.
#
#   cmake -D LESSONS=folder -P seeds.cmake

cmake_minimum_required(VERSION 3.25)

set(all A1 A2 A3 A4 B1 B2 B3 B4 B5 B6 C1 C2 C3 C4 C5 C6 C7 C8 D1 D2 D3 D4 D5 E1 E2 E3 E4 E5)

set(marked "")
file(GLOB lessons "${LESSONS}/*/README.md")
foreach(lesson IN LISTS lessons)
  file(STRINGS "${lesson}" lines REGEX "<!-- *seeds")
  if(NOT lines MATCHES "^<!-- seeds:( [A-E][1-8])+ -->$")
    message(SEND_ERROR "${lesson}: not one line such as '<!-- seeds: A1 B3 -->': '${lines}'")
  endif()
  string(REGEX MATCHALL "[A-E][1-8]" seeds "${lines}")
  list(APPEND marked ${seeds})
endforeach()

foreach(seed IN LISTS all)
  if(NOT seed IN_LIST marked)
    message(SEND_ERROR "no lesson answers ${seed}")
  endif()
endforeach()
list(REMOVE_ITEM marked ${all})
if(marked)
  message(SEND_ERROR "there is no ${marked}")
endif()
