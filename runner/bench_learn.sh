#!/bin/sh
# How long a learner waits: from a saved edit to the verdict, plain and under
# ThreadSanitizer; and `./learn` with nothing to build. Medians. It touches the learner's
# files, as a save does; then solutions take their place for a while, which ask more of the
# compiler.
# usage: bench_learn.sh PROJECT [RUNS]
set -eu

project=$1 runs=${2:-5}
cd "$project"
export CCACHE_DISABLE=1 # a compiler that remembers would not be measured
learn=build/bin/learn

now() { date +%s%N; }
median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.2f s", v[int((NR + 1) / 2)] / 1e9 }'; }
time_of() { # time_of COMMAND...: $runs times, in ns, a line each
    for _ in $(seq "$runs"); do
        [ -z "$edited" ] || touch "$edited"
        begin=$(now)
        "$@" >/dev/null 2>&1 </dev/null || true
        echo $(($(now) - begin))
    done
}

phases_of() { # phases_of EXERCISE: the plain verdict and what a sanitizer adds, $runs times
    for _ in $(seq "$runs"); do
        touch "$edited"
        begin=$(now)
        $learn check "$1" 2>&1 </dev/null | {
            plain=
            while read -r line; do
                case $line in 'again under'*) plain=$(now) ;; esac
            done
            end=$(now)
            echo $((${plain:-$end} - begin)) $((end - ${plain:-$end}))
        }
    done
}
kept=$(mktemp -d)
put_back() { [ -z "$(ls "$kept")" ] || { cp -p "$kept"/* "$folder/" && rm -f "$kept"/*; }; }
LADDER_PROGRESS=$(mktemp) && export LADDER_PROGRESS # nobody has got further by this
trap 'put_back; rmdir "$kept"; rm -f "$LADDER_PROGRESS"' EXIT
trap 'exit 1' INT TERM HUP

edited=
printf '%-44s %s\n' './learn, with nothing to build' "$(time_of ./learn | median)"
for exercise in $($learn list --json | grep -o '"name":"[a-z_]*","title"' | cut -d'"' -f4); do
    folder=$(echo exercises/*/"$exercise")
    edited=$(echo "$folder"/*.hpp | cut -d' ' -f1)
    $learn check "$exercise" >/dev/null 2>&1 </dev/null || true # builds what it needs, once
    begun=$(time_of $learn check "$exercise" | median)
    boost=$(grep -lE 'asio|yield.hpp|event_loop.hpp' "$folder"/*.hpp >/dev/null && echo ', with Asio' || true)
    cp -p "$folder"/*.hpp "$kept/"
    cp "solutions${folder#exercises}"/*.hpp "$folder/"
    $learn check "$exercise" >/dev/null 2>&1 </dev/null || true # the sanitizer's tree, once
    phases=$(phases_of "$exercise")
    printf '%-44s %s, solved %s\n' "$exercise$boost: edit to verdict" "$begun" \
        "$(echo "$phases" | cut -d' ' -f1 | median)"
    if grep -q '"sanitizers": \["thread"' "$folder/exercise.json"; then
        printf '%-44s %s\n' '  and ThreadSanitizer, after that' \
            "$(echo "$phases" | cut -d' ' -f2 | median)"
    fi
    put_back
done
