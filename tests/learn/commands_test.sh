#!/bin/sh
# Tests the commands of ./learn that build and run something: run, bench, test, timeline and
# doctor; the script and the companion are real, and what they call are stand-ins.
# usage: commands_test.sh PROJECT BUILD
set -eu

project=$1 build=$2
. "$project/tests/learn/checks.sh"
. "$project/tests/learn/scratch_project.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
unset CXX LADDER_OS_RELEASE LADDER_ROOT LADDER_YES
mkdir tmp
export TMPDIR="$scratch/tmp"
scratch_project "$project/learn"
fake_tools 01_serial tour 05_threads stop_at bench_lap 05_threads_broken_race 05_threads_broken_wait
mkdir -p project/runner project/lessons/00_workbench project/lessons/02_processes \
    project/lessons/11_fibers_on_asio project/build/bin
run fedora run 99 # before there is a companion
check 'a rung that is none is refused' status_is 2
check 'with one line' one_line
check 'before anything is built' [ ! -s calls ]
run fedora predict nope
check 'also when it is to ask something' says "there is no rung 'nope'. The rungs are:"
ln -s "$build/bin/learn" project/build/bin/learn
cp "$project/runner/bench_build.sh" project/runner/

# ---- wrong usage: one line, status 2

run fedora list # which configures
check 'the companion is found' status_is 0

for arguments in tuor docotr frobnicate 'run 99' run 'run *' 'run 5 --broken' 'bench nope' 'test a b' 'test --qiuck' \
    'timeline' 'timeline no_such_file' 'timeline a b' 'timeline a --svg --json' \
    'bench build --phases' 'bench build --phases first,frist' 'bench build first'; do
    set -f
    # shellcheck disable=SC2086 # the words of the list
    run fedora $arguments
    set +f
    check "'$arguments' has status 2" status_is 2
    check 'and one line' one_line
done
for command in run bench docs doctor install test check; do
    run fedora $command --help
    check "'$command --help' helps" status_is 0
    check 'and complains about nothing' [ "$(grep -c 'learn: ' err)" = 0 ]
done
run fedora tuor
check 'a command that is nearly right gets a suggestion' says "Did you mean 'tour'?"
run fedora docotr
check 'two letters swapped are recognised' says "Did you mean 'doctor'?"
run fedora frobnicate
check 'nothing near: no suggestion' [ "$(grep -c 'Did you mean' err)" = 0 ]
check 'but where to look' says './learn help'
run fedora run 99
check 'an unknown rung: the rungs are listed' says '01_serial 05_threads 13_fetcher'
run fedora run thraeds
check 'or the one that it is like' says "did you mean 'threads'?"
run fedora bench nope
check 'an unknown benchmark: they are listed' says 'lap learn build; all'
run fedora bench build --phases first,frist
check 'an unknown phase: they are listed' says 'configure first tour dev asan tsan docs'

# ---- run

for name in 5 05 threads 05_threads; do
    run fedora run $name a 'b  c'
    check "run $name finds the rung and hands on its arguments" prints '05_threads a b  c'
    check 'after it was built' called '--target slow_server 05_threads'
done
run fedora run 5 --help
check 'options are the program'\''s, too' prints '05_threads --help'
printf '// Deliberately wrong: two at\n// once. More.\n' >project/lessons/05_threads/broken_race.cpp
run fedora run 5 --help
check 'behind its help stand the broken programs, a line for each' grep -q '^  race  *Two at once$' out

: >project/lessons/05_threads/stop_at_main.cpp
run fedora run 5 stop-at 'b  c'
check 'another program of the rung is found by its name' prints 'bin/stop_at b  c'
check 'and built, as is the one that it may run' called '--target slow_server 05_threads_run stop_at'

# shown-by says under which tool, and so from which build
printf '// Wrong.\n// shown-by: ThreadSanitizer\n' >project/lessons/05_threads/broken_race.cpp
printf '// Wrong.\n' >project/lessons/05_threads/broken_wait.cpp
run fedora run 5 --broken rice
check 'a broken program that is not there has status 2' status_is 2
check 'and those that are there are listed' says ' race wait'
run fedora run 5 --broken wait
check 'a program that shows itself is run as it is' prints build/bin/05_threads_broken_wait
run fedora run 5 broken_race
check 'any of them can be run as it is' prints build/bin/05_threads_broken_race
run fedora run 5 --broken race
check 'one that ThreadSanitizer shows is built with it' called '--preset tsan --target'
check 'and run from there' prints build-tsan/bin/05_threads_broken_race
cat >project/build-tsan/bin/05_threads_broken_race <<'END'
#!/bin/sh
cat <<'REPORT'
WARNING: ThreadSanitizer: data race (pid=71)
  Write of size 4 at 0x7ffc by thread T2:
    #0 f() ../lessons/05_threads/broken_race.cpp:14 (a+0x2)

  Previous read of size 4 at 0x7ffc by thread T1:
    #0 f() ../lessons/05_threads/broken_race.cpp:12 (a+0x2)

SUMMARY: ThreadSanitizer: data race
REPORT
exit 66
END
run fedora run 5 --broken race
check 'its status is handed on' status_is 66
check 'of its report the lines that matter come last' prints 'thread T2 writes 4 bytes (broken_race.cpp:14)'
check 'with what is wrong' prints 'why   Wrong.'
check 'and what to read' prints 'read  lessons/05_threads/README.md, What goes wrong'
fake strace <<'END'
echo "strace $*"
END
printf '// Wrong.\n// shown-by: strace -f -e trace=fork\n' \
    >project/lessons/05_threads/broken_race.cpp
run fedora run 5 --broken race
check 'a tool gets its options and the program' \
    grep -q '^strace -f -e trace=fork .*/build/bin/05_threads_broken_race$' out

# ---- what is recorded is drawn

cp fake/cmake cmake_without_programs
fake cmake <<END
echo "cmake \$*" >>$scratch/calls
END
cat >project/build/bin/05_threads <<END
#!/bin/sh
"$build/bin/01_serial" fetch --timeout 1 http://127.0.0.1:1/a >/dev/null 2>&1
exit 3
END
run fedora run 5 --timeline
check 'a recorded run is drawn' prints 'process 1 ├ /a ──'
check 'and its status is handed on' status_is 3
LADDER_TIMELINE=$scratch/recorded sh project/build/bin/05_threads || true
run fedora timeline recorded
check 'a recording is drawn' prints 'process 1 ├ /a ──'
run fedora timeline recorded --svg
check 'as a picture' grep -q '^<svg' out
run fedora timeline recorded --json
check 'and for Perfetto' prints '"traceEvents"'
echo 'not one' >other
run fedora timeline other
check 'another file is refused' status_is 1
check 'with one line' one_line
mv cmake_without_programs fake/cmake

# ---- bench

for source in "$project"/lessons/*/bench_*.cpp 05_threads_orders 06_thread_pool_orders kill_worker; do
    program=$build/bin/$(basename "$source" .cpp)
    [ -x "$program" ] || continue
    status=0
    timeout 10 "$program" no-such-word >out 2>err || status=$?
    check "${program##*/} refuses what it does not take" status_is 2
    check 'with one line' one_line
done
run fedora bench lap --runs 3
check 'a benchmark runs without nginx and wrk' prints 'build/bin/bench_lap --runs 3'

cp fake/cmake cmake_without_costs
fake cmake <<'END'
[ "$1" = --build ] || exit 0
mkdir -p "$2/x/CMakeFiles/part.dir/deep"
for name in heavy light; do # as times(1p) writes it
    printf '0m0.00s 0m0.00s\n%s 0m0.10s\n' $([ $name = heavy ] && echo 1m2.50s || echo 0m1.50s) \
        >"$2/x/CMakeFiles/part.dir/deep/$name.cpp.o.cost"
done
END
run fedora bench build --phases docs,tour
check 'the phases are in their order' [ "$(cut -c1-13 out | tr '\n' ',' | cut -d, -f2-4)" = \
    'configure    ,the tour     ,documentation' ]
check 'their objects are counted, with their CPU' grep -q '^the tour .* 2  *64.0 s$' out
check 'the heaviest object comes first' \
    [ "$(grep -A1 '^user CPU' out | tail -n 1 | tr -s ' ')" = 'part: heavy.cpp 62.5 - -' ]
fake cmake <<'END'
echo 'it is full of stars'
exit 1
END
run fedora bench build --phases tour
check 'a phase that fails ends it with status 1' status_is 1
check 'and what it said' says 'full of stars'
mv cmake_without_costs fake/cmake

# ---- the tests and how they are counted

fake ctest <<END
while [ "\$1" != --output-junit ]; do shift; done
{ echo '<testsuite>'; cat $scratch/results; echo '</testsuite>'; } >"\$2"
cat $scratch/ctest_says
exit "\$(cat $scratch/ctest_status)"
END
results() { # results STATUS...: one test each
    for one in "$@"; do
        printf '\t<testcase name="a &lt;b&gt; status" classname="a" time="0" status="%s">\n' \
            "${one%%:*}"
        case $one in notrun:*) printf '\t\t<skipped message="%s"/>\n' "${one#*:}" ;; esac
        printf '\t\t<system-out>status="fail"\n</system-out>\n\t</testcase>\n'
    done >results
}
: >ctest_says
mkdir -p project/tests project/build-asan project/build-tsan
echo 'TEST_CASE("some thing")' >project/tests/test.cpp
if [ -e /usr/share/doxygen-awesome-css/doxygen-awesome.css ]; then
    results run run run run run
    echo 0 >ctest_status
    run fedora test
    check 'three runs of 5 tests and the documentation are 16' prints '16 passed, 0 failed'
    check 'in one line' [ "$(cat out)" = '16 passed, 0 failed' ]
    check 'with status 0' status_is 0
    run fedora test --quick
    check 'with AddressSanitizer alone they are 5' prints '5 passed, 0 failed'
    check 'and do not run again' says '(asan): all passed, and nothing has changed since'
    run fedora test --quick --again
    check 'unless --again asks for it' says 'running the tests (asan)'
    echo >>project/tests/test.cpp
    run fedora test --quick
    check 'or something has changed' says 'running the tests (asan)'
    mv fake/cmake cmake_that_builds
    fake cmake <<END
touch $scratch/project/tests/test.cpp
exec sh $scratch/cmake_that_builds "\$@"
END
    run fedora test --quick --again
    mv cmake_that_builds fake/cmake
    run fedora test --quick
    check 'or had changed while it was built' says 'running the tests (asan)'
    check 'and nothing else is built' [ "$(grep -c -e '--build --preset dev' calls)" = 0 ]
    results run fail notrun:SKIP_RETURN_CODE=4 disabled 'notrun:Unable to find executable' run
    echo 8 >ctest_status
    run fedora test --quick --again
    run fedora test --quick
    check 'what failed runs again' says 'running the tests (asan)'
    run fedora test some
    check 'failed and skipped tests are counted' prints '2 passed, 2 failed, 2 skipped'
    check 'with status 1' status_is 1
    results
    echo 'No tests were found!!!' >ctest_says
    run fedora test some.none
    check 'a filter that matches nothing has status 2' status_is 2
    run fedora test none
    check 'a word that is in no test, too' status_is 2
    check 'before anything is built' [ "$(grep -c -e --build calls)" = 0 ]
    : >ctest_says
    run fedora test some
    check 'tests that break off are a failure' prints '0 passed, 1 failed'
    fake cmake <<'END'
echo "error: expected ';'" >&2
exit 1
END
    run fedora test
    check 'what does not compile is one failure' prints '0 passed, 1 failed'
    check 'shown once' [ "$(grep -c "expected ';'" err)" = 1 ]
fi

left=$(find "$scratch/tmp" -mindepth 1)
check 'no temporary file is left' [ -z "$left" ]
[ $failures = 0 ] || { echo "$failures failed"; exit 1; }
