#!/bin/sh
# Runs every benchmark and writes docs/measurements.md from what they print. All figures
# there are of one run on one machine; nobody types them.
# usage: bench_all.sh PROJECT NAME...    (NAME: of lessons/*/bench_NAME.cpp)
set -eu

project=$1
shift
cd "$project"
page=docs/measurements.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

# What a benchmark measures is the first comment of its source.
comment() { sed -n '/^\/\/ /!q; s/^\/\/ //p' "$1"; }
shell_comment() { sed -n '2,/^# usage/{/^# usage/d; s/^# //p;}' "$1"; }

measure() { # measure NAME SOURCE COMMAND...: runs it, here and into the page
    name=$1 source=$2
    shift 2
    printf '\n%s\n\n' "$name"
    { "$@" 2>&1 || touch "$work/failed"; } | tee "$work/output"
    if [ -e "$work/failed" ]; then
        echo "learn: $name failed; $page stays as it was" >&2
        exit 1
    fi
    {
        printf '\n## %s\n\n' "$name"
        case $source in *.sh) shell_comment "$source" ;; *) comment "$source" ;; esac
        printf '\nSource: [%s](../%s)\n\n```\n$ ./learn bench %s\n' "$source" "$source" "$name"
        sed 's/[[:space:]]*$//' "$work/output"
        printf '```\n'
    } >>"$work/page"
}

cat >"$work/page" <<END
# Measurements

Made by \`./learn bench all\`, which replaces this page: run it, and the figures are your own
machine's. What can be compared are the ratios within one block; each block is one run.

$(build/bin/tour --machine)
END
for name in "$@"; do
    measure "$name" "$(ls lessons/*/bench_"$name".cpp)" "build/bin/bench_$name"
done
measure 'fetcher --long' lessons/13_fetcher/bench_fetcher.cpp build/bin/bench_fetcher --long
measure learn runner/bench_learn.sh sh runner/bench_learn.sh "$project" 3
measure build runner/bench_build.sh sh runner/bench_build.sh "$project"
cp "$work/page" $page.part && mv $page.part $page
printf '\nWritten: %s\n' $page
