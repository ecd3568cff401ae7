# cmake -DCASE=... -DFOLDER=... -DLADDER_LESSON=... [-DFAILS=configure|build -DSAYS=text]
#       -DGENERATOR=... -DMAKE_PROGRAM=... -DCOMPILER=... -P staircase.cmake
# Configures and builds the small staircase. With FAILS, that step must fail, and say so.

file(REMOVE_RECURSE "${FOLDER}")

# Runs one step; returns from here when the case has ended.
macro(step name)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " text "${output}") # CMake breaks long lines
  string(FIND "${text}" "${SAYS}" found)
  if(NOT "${name}" STREQUAL "${FAILS}")
    if(NOT status EQUAL 0)
      message(FATAL_ERROR "${name} fails, and should not:\n${output}")
    endif()
  elseif(status EQUAL 0)
    message(FATAL_ERROR "${name} succeeds, and should not:\n${output}")
  elseif(found EQUAL -1)
    message(FATAL_ERROR "${name} fails without '${SAYS}':\n${output}")
  else()
    return()
  endif()
endmacro()

step(configure "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${FOLDER}"
  -G "${GENERATOR}" "-DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}"
  "-DCMAKE_CXX_COMPILER=${COMPILER}" -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON "-DLADDER_LESSON=${LADDER_LESSON}" "-DCASE=${CASE}")
step(build "${CMAKE_COMMAND}" --build "${FOLDER}")
