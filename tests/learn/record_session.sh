#!/bin/sh
# Records a newcomer's first three exercises, for somebody who reads every line of it: a fresh
# copy of the project, a terminal of 80 by 24, every screen. Takes as long as a newcomer waits
# for the compiler, so it is no test.   usage: record_session.sh PROJECT >session.txt
set -eu

project=$1
. "$project/tests/learn/terminal.sh"
scratch=$(mktemp -d)
socket=session-$$
finish() {
    end_terminal
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' INT TERM
course=$scratch/course
git clone --quiet --no-hardlinks "$project" "$course"

begun=$(date +%s)
above=500 # lines that are shown above the screen; none of the watch's
show() { # show WHAT: the screen, under a headline with the time
    seconds=$(($(date +%s) - begun))
    printf '\n==== %d:%02d  %s\n' $((seconds / 60)) $((seconds % 60)) "$1"
    tmux -L $socket capture-pane -p -S -$above | sed -e 's/ *$//' | awk '
        NF { while (empty > 0) { print ""; --empty }; print; seen = 1; next } seen { ++empty }'
}
wait_for() { sees "$@" >/dev/null || { show "never seen: $1" && exit 1; }; }
command() { # command WORDS [SECONDS]: and all that it says
    does "$1"
    command_done "${2:-60}"
    show "$1"
}
key() { # key KEY TEXT WHAT: pressed in the watch, until there is TEXT
    type_keys "$1"
    wait_for "$2" 600
    show "$3"
}
edit() { # edit EXERCISE FILE SED: as an editor saves, on a clean screen
    file=$course/exercises/$1/$2
    sed "$3" "$file" >"$file.new"
    mv "$file.new" "$file"
}
solve() { # solve EXERCISE FILE
    cp "$project/solutions/$1/$2" "$course/exercises/$1/$2.new"
    mv "$course/exercises/$1/$2.new" "$course/exercises/$1/$2"
}

begin_terminal "$course" TMPDIR="$scratch" CXX="${CXX:-}"
command './learn'
command './learn run 99'
command './learn next one_bad_ulr' 1800
does './learn next'
wait_for 'Space shows more'
show './learn next'
type_keys q
command_done
show 'q'
command './learn predict 77'
does './learn predict'
wait_for 'your answer'
key x 'your answer' 'x'
type_keys Enter
wait_for 'is none of them'
show 'Return'
type_keys 4 Enter
command_done 600
show '4'

does './learn watch'
above=0
wait_for 'FAIL  01 one_bad_url' 1800
show './learn watch'
key h 'hint 1 of 4' h
key '?' 'back to the beginning' '?'
edit 01_serial/one_bad_url one_bad_url.hpp 's/p.body = get(url);/p.body = got(url);/'
wait_for 'it does not compile' 600
show 'a typing error is saved'
edit 01_serial/one_bad_url one_bad_url.hpp \
    's/p.body = got(url);/int n = 0; std::puts("here"); try { p.body = get(url); } catch (...) {}/'
wait_for 'FAIL  01 one_bad_url · the bad page' 600
show 'an answer that swallows what was wrong is saved'
solve 01_serial/one_bad_url one_bad_url.hpp
wait_for 'ok    01 one_bad_url' 600
show 'a right one is saved'
key s 'yours is the same' s
key n 'watching cost_model.hpp' n
key l '> 01 cost_model' l
key q 'checking 01 cost_model' q
wait_for 'FAIL  01 cost_model' 600
show 'and then'
solve 01_serial/cost_model cost_model.hpp
wait_for 'ok    01 cost_model' 600
show 'a right one is saved'
key n 'watching split_the_work.hpp' n
type_keys r
wait_for 'FAIL  02 split_the_work' 600
show 'r'
solve 02_processes/split_the_work split_the_work.hpp
wait_for 'ok    02 split_the_work' 1800
show 'a right one is saved'
type_keys q
command_done
show 'q'
above=500
command './learn'
command './learn list'
command './learn check 01' 600
command './learn solution'
command './learn hint run_in_child'
command './learn run 01 --help' 600
command './learn run 01 --tmeline' 600
