#!/bin/sh
# A learner at a terminal: starts fresh, is led to the first exercise, fails, takes two
# hints, edits, sees the watch go green, moves on, looks at the solution, resets, and
# leaves with Ctrl-C.   usage: learner_test.sh PROJECT BUILD
set -eu

project=$1 build=$2
. "$project/tests/learn/scratch_course.sh"
. "$project/tests/learn/terminal.sh"
scratch=$(mktemp -d)
socket=learner-$$
finish() {
    end_terminal
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' INT TERM
mkdir "$scratch/tmp"
scratch_course "$project" "$build" "$scratch/course"
edited=$scratch/course/exercises/01_serial/one_bad_url/one_bad_url.hpp

cp "$edited" "$scratch/starter.hpp"

key_line_is_last() { # and whole: the last words that are on the screen
    tries=0
    until tmux -L $socket capture-pane -p | grep -v '^ *$' | tail -n "$1" | tr -s ' \n' '  ' |
        grep -q 'r run h hint t task n next l list s solution x reset ? keys q quit *$'; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || failed "the last $1 lines are not the keys"
        sleep 0.1
    done
    echo "ok    the keys are the last lines ($1)"
}

begin_terminal "$scratch/course" TMPDIR="$scratch/tmp" LADDER_PROJECT="$project" \
    LADDER_BUILD="$build"
does './learn'
sees '0 of'
sees 'New here?'
sees 'next      ./learn next'

does './learn next'
sees 'One bad URL does not lose the others'
sees 'What the tests verify' # in a pager, for it is longer than the screen
type_keys q
sees 'next    ./learn watch one_bad_url'
does './learn next cost_model'
sees 'cost_model · What two million pages cost'
type_keys q

does './learn watch'
sees 'checking 01 one_bad_url'
sees 'FAIL  01 one_bad_url · one bad page does not lose the others'
sees 'next  h, a hint'
sees '0 of 2 passed'
key_line_is_last 1
type_keys h
sees 'hint 1 of 4'
key_line_is_last 1
type_keys h
sees 'hint 2 of 4'
type_keys '?'
sees 'x          back to the beginning'
key_line_is_last 1
type_keys s
sees 'When yours has passed.'
type_keys n
sees 'First this one'
type_keys t
sees 'tests   tests/01_serial/one_bad_url/test.cpp'
key_line_is_last 1
type_keys l
sees '> 01 one_bad_url'
type_keys Down
sees '> 01 cost_model'
key_line_is_last 1
type_keys Up
sees '> 01 one_bad_url'
type_keys q
sees 'next  h, a hint'
for width in 30 45 60; do # and at each the keys are there, whole
    tmux -L $socket resize-window -x $width -y 20
    key_line_is_last 4
done
tmux -L $socket resize-window -x 80 -y 24

# An editor that writes another file and renames it; first with a mistake.
sed 's/p.body = get(url);/p.body = got(url);/' "$edited" >"$edited.new"
mv "$edited.new" "$edited"
sees 'it does not compile'
sees 'error: ‘got’ was not declared'
cp "$project/solutions/01_serial/one_bad_url/one_bad_url.hpp" "$edited.new"
mv "$edited.new" "$edited"
sees 'ok    01 one_bad_url · One bad URL does not lose the others'
sees '8 ok    an empty list gives an empty result'
sees 'next  n, the next exercise'
sees '1 of 2 passed'
type_keys s
sees 'yours is the same as ours'
type_keys n # the task, and where it is; it is checked when its reader says so
sees '01 cost_model · What two million pages cost'
sees 'task    exercises/01_serial/cost_model/README.md'
sees 'watching cost_model.hpp'
echo '// mine' >>"$scratch/course/exercises/01_serial/cost_model/cost_model.hpp"
sees 'FAIL  01 cost_model'
key_line_is_last 1
type_keys x
sees 'y or n?'
type_keys n
sees 'It stays as it is.'
type_keys x y
sees 'cost_model is as it was; yours is in .learn/kept/cost_model-'
type_keys C-c
command_done

does './learn solution one_bad_url'
sees 'yours is the same as ours'
sees 'Why'
sees 'next    ./learn next'
does './learn list'
sees 'passed, 2 hints'
does './learn reset one_bad_url'
sees '[y/n]'
type_keys y Enter
sees 'one_bad_url is as it was; yours is in .learn/kept/'
sees 'next    ./learn next one_bad_url'
command_done
cmp "$edited" "$scratch/starter.hpp" || failed 'the starter is not back'
cmp "$scratch"/course/.learn/kept/one_bad_url-*/one_bad_url.hpp \
    "$project/solutions/01_serial/one_bad_url/one_bad_url.hpp" ||
    failed 'the copy is not what the learner had'

type_keys 'exit' Enter
tries=0
while tmux -L $socket has-session 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || failed 'the shell does not end'
    sleep 0.1
done
left=$(find "$scratch/tmp" -mindepth 1 ! -name 'tmux-*')
[ -z "$left" ] || { echo "FAIL  files left behind: $left" && exit 1; }
left=$(processes_in "$scratch")
[ -z "$left" ] || { echo "FAIL  left behind: $left" && exit 1; }
echo 'ok    nothing is left behind'
