#!/bin/sh
# write_ends.sh [--check]: writes the end of every lesson's and exercise's page: what to
# type, and the links to its neighbours. With --check it changes nothing, and says which
# pages end otherwise.
set -eu

cd "$(dirname -- "$0")/.."
written=$(mktemp)
trap 'rm -f "$written"' EXIT
status=0
for page in lessons/*/README.md exercises/*/*/README.md; do
    awk -f docs/names.awk -f docs/write_ends.awk "$page" >"$written"
    cmp -s "$written" "$page" && continue
    if [ "${1:-}" = --check ]; then
        echo "$page does not end as it should. To write its end: sh docs/write_ends.sh"
        status=1
    else
        cat "$written" >"$page"
        echo "$page"
    fi
done
exit $status
