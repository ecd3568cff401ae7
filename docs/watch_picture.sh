#!/bin/sh
# watch_picture.sh BUILD: makes docs/images/watch.svg, the animated picture of `./learn watch`
# at a terminal. A real learner's first exercise is done in a tmux: it fails, a hint is taken,
# the answer is saved, and it is right. The screens are what tmux shows at these moments.
set -eu

project=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$(CDPATH='' cd -- "$1" && pwd)
# shellcheck source=tests/learn/scratch_course.sh
. "$project/tests/learn/scratch_course.sh"
scratch=$(mktemp -d)
socket=picture-$$
finish() {
    tmux -L $socket kill-server 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' INT TERM
mkdir "$scratch/tmp"
scratch_course "$project" "$build" "$scratch/course"
edited=$scratch/course/exercises/01_serial/one_bad_url/one_bad_url.hpp
columns=78 rows=18
echo "PS1='$ '" >"$scratch/rc"

sees() { # sees TEXT: waits until it is on the screen
    tries=0
    until tmux -L $socket capture-pane -p | grep -qF -- "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { echo "never seen: $1" >&2; exit 1; }
        sleep 0.1
    done
}
frames=0
take() { # take SECONDS: the screen as it is, which the picture shows for that long
    frames=$((frames + 1))
    { echo "@$1"; tmux -L $socket capture-pane -e -p | sed "s|$project/||"; } >>"$scratch/frames"
}

env -i PATH="$PATH" HOME="$scratch" TERM=screen-256color TMPDIR="$scratch/tmp" ENV="$scratch/rc" \
    LADDER_PROJECT="$project" LADDER_BUILD="$build" LANG=C.UTF-8 \
    tmux -u -L $socket -f /dev/null new-session -d -x $columns -y $rows \
    -c "$scratch/course" 'exec sh -i'
tmux -L $socket set -g status off
sees '$'
tmux -L $socket send-keys -l './learn watch'
sees './learn watch'
take 1.2
tmux -L $socket send-keys Enter
sees 'h hint'
take 4
tmux -L $socket send-keys h
sees 'hint 1 of 4'
take 4
cp "$project/solutions/01_serial/one_bad_url/one_bad_url.hpp" "$edited.new"
mv "$edited.new" "$edited"
sees 'One bad URL does not lose the others'
sees 'an empty list gives an empty result'
take 5
tmux -L $socket send-keys q

awk -f "$project/docs/watch_picture.awk" -v columns=$columns -v rows=$rows \
    "$scratch/frames" >"$project/docs/images/watch.svg"
echo "docs/images/watch.svg: $frames screens"
