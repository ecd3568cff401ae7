# cmake -DTEST=program -DCHECK=name [-DREPORT=ThreadSanitizer:] -P must_fail.cmake
# Succeeds when the test program has the named check and fails in it; with REPORT, when
# that sanitizer reports in it.

if(NOT EXISTS "${TEST}")
  message(FATAL_ERROR "${TEST} is not built")
endif()

# Catch2 takes a name as a pattern; a comma would separate two.
string(REGEX REPLACE "([][,*\\\\])" "\\\\\\1" pattern "${CHECK}")
execute_process(COMMAND "${TEST}" "${pattern}"
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(output MATCHES "No test cases matched|No tests ran")
  message(FATAL_ERROR "there is no check '${CHECK}'\n${output}")
elseif(status EQUAL 0)
  message(FATAL_ERROR "the check '${CHECK}' passes; it should fail\n${output}")
elseif(REPORT AND NOT output MATCHES "(WARNING|ERROR): ${REPORT}")
  message(FATAL_ERROR "no report by ${REPORT}\n${output}")
endif()
message("fails '${CHECK}', as it should (${status}):\n${output}")
