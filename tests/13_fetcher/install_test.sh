#!/bin/sh
# install_test.sh CMAKE BUILD: what `cmake --install` brings works where it was put, and the
# manual and the completions know every option. A shell that is not here is not asked.
set -eu
cmake=$1 build=$2
to=$(mktemp -d)
trap 'rm -rf "$to"' EXIT

fail() {
    echo "FAIL: $*" >&2
    exit 1
}
here() { command -v "$1" >/dev/null; }

"$cmake" --install "$build" --component fetcher --prefix "$to" >"$to/log" || fail "$(cat "$to/log")"
program=$to/bin/fetcher
manual=$(find "$to" -name fetcher.1)
bash=$(find "$to" -path '*bash-completion/completions/fetcher')
zsh=$(find "$to" -name _fetcher)
fish=$(find "$to" -name fetcher.fish)

"$program" --version | grep -q '^fetcher 1' || fail "--version"
"$program" http://127.0.0.1:1/ -q --retries 0 >"$to/out" && fail "nobody listens there"
grep -q '"status":0' "$to/out" || fail "it does not fetch: $(cat "$to/out")"

# With a list that many machines share, it becomes another program.
if [ -x "$build/bin/queue_fetcher" ]; then
    said=$("$program" --queue mysql://u@127.0.0.1/d 2>&1) && fail "without a job"
    [ "$said" = "fetcher: it takes the name of a job: --job NAME" ] || fail "--queue: $said"
    "$to/bin/fetch_list" --help | grep -q drain || fail "fetch_list"
fi

# Each option, in each of them.
"$program" --help all | grep -oE '^  (-[a-zA-Z],)?--[a-z-]+' | grep -oE '\--.*' >"$to/options"
[ "$(wc -l <"$to/options")" -gt 30 ] || fail "there are few options"
while read -r option; do
    sed 's/\\-/-/g' "$manual" | grep -qe "$option" || fail "no $option in the manual"
    grep -qe "$option" "$bash" || fail "no $option for bash"
    grep -qe "$option" "$zsh" || fail "no $option for zsh"
    grep -qe "-l ${option#--}" "$fish" || fail "no $option for fish"
done <"$to/options"

if here groff; then
    said=$(groff -man -Tutf8 -ww "$manual" 2>&1 >/dev/null)
    [ -z "$said" ] || fail "the manual: $said"
fi
if here bash; then
    # shellcheck disable=SC2016
    said=$(cd "$to" && : >'a file' && bash -c '. "$1"
        complete_it() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _fetcher; echo "${COMPREPLY[@]}"; }
        complete_it fetcher --time
        complete_it fetcher re
        complete_it fetcher --progress a
        complete_it fetcher -i "a f"
        complete_it fetcher --retries ""' - "$bash")
    expected='--timeout
resume
auto always
a file
'
    [ "$said" = "${expected%?}" ] || [ "$said" = "$expected" ] || fail "bash completes: $said"
fi
if here zsh; then
    zsh -n "$zsh" || fail "zsh cannot read it"
fi
if here fish; then
    said=$(fish --no-config -c 'source $argv[1]; complete -C "fetcher --time"' "$fish" | cut -f1)
    [ "$said" = --timeout ] || fail "fish completes: $said"
fi
echo "the program, its manual and its completions are as they should be"
