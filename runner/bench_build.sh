#!/bin/sh
# How long the course takes to build, from a fresh clone on, and which objects take the
# compiler longest. Each phase builds what those before it left: what the first output
# needs, the tour, everything with each preset, and the documentation. The page's figures
# are of all phases; some of them: --phases first,tour.
# usage: bench_build.sh PROJECT [--phases PHASE,PHASE...]
set -eu

project=$1
shift
all='configure first tour dev asan tsan docs'
refuse() {
    echo "learn: $1" >&2
    exit 2
}
phases=$all
case $#,${1:-} in
0,) ;;
2,--phases) phases=$(printf '%s' "$2" | tr , ' ') ;;
*) refuse "bench build takes --phases, and some of these, with commas: $all" ;;
esac
for phase in $phases; do
    case " $all " in *" $phase "*) ;; *) refuse "there is no phase '$phase'. The phases are: $all" ;; esac
done

work=$(mktemp -d) # and not in build, which is the reader's
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 1' TERM HUP
export CCACHE_DISABLE=1 # a compiler that remembers would not be measured

# Runs a compiler, and writes beside the object what it cost, as times(1p) says it.
cat >"$work/launcher" <<'END'
"$@" || exit
for word in "$@"; do
    [ "${before:-}" != -o ] || object=$word
    before=$word
done
[ -z "${object:-}" ] || times >"$object.cost"
END

milliseconds() { echo $(($(date +%s%N) / 1000000)); }
costs() { # all objects so far: PRESET/PATH.cost SECONDS, of user CPU
    find "$work" -name '*.cost' -exec awk 'FNR == 2 {
        split($1, t, /[ms]/); print FILENAME, 60 * t[1] + t[2] }' {} + | sed "s,^$work/,,"
}
sums() { costs | awk '{ sum += $2 } END { printf "%d %.1f", NR, sum }'; }

start=$(milliseconds) objects=0 cpu=0
measure() { # measure "what" COMMAND...: a row of the table
    what=$1
    shift
    [ ! -t 2 ] || printf '%s …\r' "$what" >&2
    begin=$(milliseconds)
    if ! "$@" >"$work/log" 2>&1 </dev/null; then
        tail -n 30 "$work/log" >&2
        echo "learn: that did not work: $what" >&2
        exit 1
    fi
    end=$(milliseconds)
    # shellcheck disable=SC2046 # two numbers
    set -- $(sums)
    awk -v what="$what" -v time=$((end - begin)) -v all=$((end - start)) \
        -v objects=$(($1 - objects)) -v cpu="$2" -v before="$cpu" 'BEGIN {
        printf "%-24s %8.1f s %11.1f s", what, time / 1000, all / 1000
        if (objects) printf " %9d %10.1f s", objects, cpu - before
        print "" }'
    objects=$1 cpu=$2
}

prefix= # ThreadSanitizer does not start where addresses are more random than that
bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null) || bits=0
with_sanitizers() { [ "$bits" -le 28 ] || prefix='setarch -R'; }
configure() {
    cmake --preset "$1" -S "$project" -B "$work/$1" \
        "-DCMAKE_CXX_COMPILER_LAUNCHER=sh;$work/launcher"
}
# shellcheck disable=SC2086 # nothing, or two words
build() { # build PRESET TARGET...
    preset=$1
    shift
    $prefix cmake --build "$work/$preset" --target "$@"
}
first_output() {
    build dev slow_server 01_serial && "$work/dev/bin/01_serial" | head -n 1 | grep .
}
# shellcheck disable=SC2086
run_tests() { $prefix ctest --test-dir "$work/$1" -j $((6 * $(nproc))) --output-on-failure; }

printf '%-24s %10s %13s %9s %12s\n' phase time 'since start' objects 'their CPU'
measure configure configure dev
for phase in $all; do # in this order, whatever the order of the words
    case " $phases " in *" $phase "*) ;; *) continue ;; esac
    case $phase in
    first) measure 'first output' first_output ;;
    tour) measure 'the tour' build dev tour ;;
    asan | tsan)
        with_sanitizers
        measure "$phase: configure" configure "$phase" ;;
    docs)
        prefix=
        measure documentation build dev docs ;;
    esac
    case $phase in
    dev | asan | tsan)
        measure "$phase: build" build "$phase" all
        measure "$phase: tests" run_tests "$phase" ;;
    esac
done

# One of several files is named after the first: session.cpp+2.
named() {
    while read -r object seconds; do
        case $object in */Unity/*)
            object=${object%/Unity/*}/$(awk -F '[/"]' '/^#include/ && ++n == 1 { first = $(NF - 1) }
                END { print first (n > 1 ? "+" n - 1 : "") }' "$work/${object%.o.cost}") ;;
        esac
        echo "$object $seconds"
    done
}
costs | named >"$work/costs"
[ -s "$work/costs" ] || exit 0
printf '\n%-46s %8s %8s %8s\n' 'user CPU of the heaviest objects, in s' dev asan tsan
awk '{
    preset = name = $1
    sub(/\/.*/, "", preset)
    sub(/^[^\/]*\//, "", name)
    sub(/^.*CMakeFiles\//, "", name)
    sub(/\.dir\/.*\//, ".dir/", name)
    sub(/\.dir\//, ": ", name)
    sub(/(\.o)?\.cost$/, "", name)
    cost[name, preset] = $2
    if ($2 > most[name]) most[name] = $2
} END {
    for (name in most) {
        line = sprintf("%08.2f\t%-46s", most[name], name)
        for (i = split("dev asan tsan", presets, " "); i > 0; i--)
            cells[i] = (name, presets[i]) in cost ? sprintf("%8.1f", cost[name, presets[i]]) : "       -"
        print line, cells[1], cells[2], cells[3]
    } }' "$work/costs" | sort -r | head -n 15 | cut -f 2
