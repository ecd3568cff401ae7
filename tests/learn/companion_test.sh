#!/bin/sh
# The companion without a terminal: what it says about answers that are wrong in the
# worst ways, about wrong usage, and about files that cannot be read or written.
# usage: companion_test.sh PROJECT BUILD
set -eu

project=$1 build=$2
. "$project/tests/learn/scratch_course.sh"
. "$project/tests/learn/checks.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
mkdir "$scratch/tmp"
export TMPDIR="$scratch/tmp" LADDER_WATCHDOG=2
course=$scratch/course
scratch_course "$project" "$build" "$course"
export LADDER_ROOT="$course"
edited=$course/exercises/01_serial/one_bad_url/one_bad_url.hpp
cmake -S "$course" -B "$course/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo >"$scratch/out"

run() { # run ARGUMENTS...: sets $status, writes out and err
    status=0
    "$build/bin/learn" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
}
no_colour() { ! grep -q "$(printf '\033')" "$scratch/out"; }
answer() { # answer <<END: the body of fetch_all
    {
        printf '#pragma once\n#include "workbench/page.hpp"\n#include <functional>\n#include <span>\n'
        printf '#include <atomic>\n#include <cstdio>\n#include <mutex>\n#include <string>\n#include <thread>\n#include <vector>\n'
        printf '#include <unistd.h>\nnamespace ladder {\n'
        printf 'using download = std::function<std::string(const std::string& url)>;\n'
        printf 'inline std::vector<page> fetch_all(std::span<const std::string> urls,\n'
        printf '                                   const download& get) {\n'
        cat
        printf '}\n} // namespace ladder\n'
    } >"$edited"
}
good='std::vector<page> pages;
    for (const auto& url : urls) {
        page p{.url = url};
        try { p.body = get(url); }
        catch (const std::system_error& e) { p.error = e.code(); }
        pages.push_back(p);
    }
    return pages;'

# ---- answers

run check
check 'the starter fails' status_is 1
check 'it says at once what it does' prints 'checking 01 one_bad_url …'
check 'what is right so far' prints '   1 ok    good pages arrive in the order of the list'
check 'what is not' prints '   2 FAIL  one bad page does not lose the others'
check 'what was expected' prints 'expected  no exception from'
check 'and what to type next' prints 'next  ./learn hint one_bad_url'
check 'without colours where there is no terminal' no_colour

answer <<END
    for (volatile int i = 0;; i = i + 1) {}
END
run check one_bad_url
check 'a loop without end fails' status_is 1
check 'it burns a core' prints 'it never sleeps'
check 'at a line of yours' prints 'one_bad_url.hpp:16'

answer <<END
    static std::mutex lock;
    lock.lock();
    lock.lock();
    return {};
END
run check
check 'a deadlock fails' status_is 1
check 'it says what it waits for' prints 'waits for a mutex'
check 'and where' prints 'one_bad_url.hpp:18'

answer <<END
    volatile int* nowhere = nullptr;
    *nowhere = static_cast<int>(urls.size());
    return {};
END
run check
check 'a crash fails' status_is 1
check 'it has a name' prints 'SIGSEGV'
check 'and a line' prints 'it ended at one_bad_url.hpp:17'

answer <<END
    std::exit(0);
END
run check
check 'an answer that ends the program fails' status_is 1
check 'and is told so' prints 'your program ended itself, status 0, in check 1'

answer <<END
    if (fork() == 0) _exit(0);
    $good
END
run check
check 'a zombie fails' status_is 1
check 'it is called what was left' prints 'left behind: process'

answer <<END
    [[maybe_unused]] const int fd = dup(0);
    $good
END
run check
check 'an open descriptor fails' prints 'left behind: descriptor'

answer <<END
    int unused = 3;
    printf("page by page\\n");
    $good
END
run check
check 'a warning is not fatal' status_is 0
check 'and shown' prints 'warn  one_bad_url.hpp:16: unused variable'
check 'as is what an answer prints' prints 'said  page by page'
run check one_bad_url
check 'also when nothing was built' prints 'warn  one_bad_url.hpp:16: unused variable'
rm "$course/.learn/progress" # it has not passed

answer <<END
    std::atomic<int> never = 0;
    std::thread waits{[&] { never.wait(0); }};
    waits.join();
    return {};
END
run check
check 'who waits for a thread is said to' prints 'thread 1 waits for a thread to end at one_bad_url.hpp:18'

answer <<END
    int unused_and_wrong = urls;
    return {};
END
run check
check 'what does not compile fails' status_is 1
check 'with its first error' prints 'one_bad_url.hpp:16: error:'
check 'without the noise of the build' [ "$(grep -c -e ninja -e FAILED "$scratch/out")" = 0 ]
run check --raw
check 'with --raw there is all of it' prints 'FAILED:'

rm "$edited"
run check
check 'a file that is gone is said' prints 'one_bad_url.hpp is gone'
check 'with the way back' prints 'next  ./learn reset one_bad_url'
run reset one_bad_url --yes
check 'and the way back works' test -s "$edited"

answer <<END
    $good
END
run check
check 'a right answer passes' status_is 0
check 'and says so' prints 'ok    01 one_bad_url · One bad URL does not lose the others'
run list --json
check 'a program can read how far you are' prints '"name":"one_bad_url"'
check 'with the day' grep -q '"passed":"20[0-9-]*"' "$scratch/out"
run verify
check 'verify judges all: one passes' prints 'ok    01 one_bad_url'
check 'and one was never begun' prints 'open  01 cost_model'
check 'in numbers' prints '1 of 2 exercises pass, 1 are open'
check 'and what to do' prints 'next    ./learn next   cost_model'
check 'with status 1' status_is 1
run check 01
check 'the number of a rung means its exercises' prints '1 of 2 exercises pass'
sed 's/TODO/done/' "$course/exercises/01_serial/cost_model/cost_model.hpp" >"$scratch/tmp/changed"
mv "$scratch/tmp/changed" "$course/exercises/01_serial/cost_model/cost_model.hpp"
run check serial
check 'what was changed and fails is said' prints '1 of 2 exercises pass, 1 do not yet'
check 'and where to see why' prints 'next    ./learn check cost_model'
run list
check 'the list ends with what to do' prints 'next    ./learn next   What two million pages cost'

# ---- wrong usage: one line, status 2

for arguments in 'check one_bad_ulr' 'hint nothing' 'predict 77' 'reset' 'list --jsno' \
    'reset one_bad_url' 'solution cost_model' 'dev new rung threads' 'dev new exercise 01 X' \
    'dev new rung 01_again' 'dev new exercise 01 cost_model'; do
    # shellcheck disable=SC2086 # the words of the list
    run $arguments
    check "'$arguments' has status 2" status_is 2
    check 'and one line' one_line
done
run check one_bad_ulr
check 'a name that is nearly right gets a suggestion' says "did you mean 'one_bad_url'?"
printf '9\nx\n\n4\n' | "$build/bin/learn" predict 1 >"$scratch/out" 2>"$scratch/err" || true
check 'an answer that is none is asked again' \
    [ "$(grep -o 'your answer' "$scratch/out" | wc -l)" = 4 ]

# ---- files

before=$(cat "$course/.learn/progress")
{
    status=0
    (ulimit -f 0; trap '' XFSZ; exec "$build/bin/learn" hint cost_model) 2>&1 >/dev/null ||
        status=$?
    echo $status >"$scratch/status"
} | cat >"$scratch/err"
status=$(cat "$scratch/status")
: >"$scratch/out"
check 'a full disk has status 1' status_is 1
check 'and one line' one_line
check 'that names the file' says '.learn/progress'
check 'and nothing is lost' [ "$(cat "$course/.learn/progress")" = "$before" ]
check 'nor half-written' [ ! -e "$course/.learn/progress.part" ]

printf 'exercise one_bad_url passed 2026-01-01\n\001\377 what is this\nlesson new thing\n' \
    >"$course/.learn/progress"
run hint cost_model
check 'lines that nobody knows are kept' grep -q 'lesson new thing' "$course/.learn/progress"
check 'beside those that are known' grep -q 'one_bad_url passed 2026-01-01' "$course/.learn/progress"
rm "$course/.learn/progress" && mkdir "$course/.learn/progress"
run list
check 'a progress file that cannot be read has status 1' status_is 1
check 'and one line' one_line
rmdir "$course/.learn/progress"
PATH=/nowhere run check
check 'a missing tool has status 1' status_is 1
check 'one line, with what to do' says './learn doctor'

run timeline "$course/learn"
check 'a file that is no recording is refused' status_is 1
: >"$scratch/tmp/empty"
run timeline "$scratch/tmp/empty"
check 'a demo that recorded nothing is told from that' prints 'Nothing was recorded'
rm "$scratch/tmp/empty"

# ---- stopped while the compiler runs, again and again

mkfifo "$scratch/keys"
for command in check watch; do
    answer <<END
    // $command
    $good
END
    : >"$scratch/out" >"$scratch/err"
    "$build/bin/learn" $command one_bad_url <"$scratch/keys" >"$scratch/out" 2>"$scratch/err" &
    learn=$!
    exec 3>"$scratch/keys"
    until find "$scratch/tmp" -name 'cc*.s' | grep -q .; do
        kill -0 $learn || break
        sleep 0.01
    done
    while kill $learn 2>/dev/null; do :; done
    status=0
    wait $learn || status=$?
    exec 3>&-
    check "$command, stopped, does not pass" [ $status != 0 ]
    check 'no temporary file is left' [ -z "$(ls "$scratch/tmp")" ]
    check 'and no compiler' [ -z "$(processes_in "$course/build")" ]
done

# ---- scaffolds

mini=$scratch/mini
mkdir -p "$mini/runner" "$mini/lessons" "$mini/tests" "$mini/exercises"
cp -r "$project/runner/new" "$mini/runner/"
touch "$mini/lessons/CMakeLists.txt" "$mini/tests/CMakeLists.txt"
export LADDER_ROOT="$mini"
run dev new rung 01_first
check 'a rung is made' status_is 0
run dev new exercise 01 task
check 'and an exercise' status_is 0
run dev check --files
check 'their files are as they should be' status_is 0
for wrong in "$mini"/tests/01_first/task/wrong/*.patch; do
    check "${wrong##*/} applies" patch --quiet --dry-run --fuzz=0 --strip=1 \
        --directory="$mini/solutions/01_first/task" --input="$wrong"
done
export LADDER_ROOT="$course"

left=$(find "$scratch/tmp" -mindepth 1)
check 'no temporary file is left' [ -z "$left" ]
[ $failures = 0 ] || { echo "$failures failed"; exit 1; }
