#!/bin/sh
# Another program reads the archives that the fetcher makes: its offsets, its digests.
#
#   read_warc.sh BIN_DIR       77: there is no such program; ./learn install servers
set -eu

bin=$1 here=$(dirname -- "$0")
command -v node >/dev/null || exit 77
for warcio in /usr/local/lib/node_modules/warcio /usr/lib/node_modules/warcio none; do
    [ -e $warcio/dist/index.js ] && break
done
[ $warcio != none ] || exit 77

dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; wait; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
mkfifo "$dir/ready"
"$bin/slow_server" >"$dir/ready" &
server=$!
read -r ready <"$dir/ready"
url=${ready##* }
for page in $(seq 200); do echo "$url/page/$page"; done >"$dir/list"
printf '%s\n' "$url/chunked/5000" "$url/chunked/300000" "$url/bytes/0" "$url/bytes/1000000" \
    "$url/status/404" "$url/redirect/2" >>"$dir/list" # 208 answers

"$bin/fetcher" -i "$dir/list" -o "$dir/job" --warc pages -p 2 -q --compressed
answers=$(node "$here/read_warc.mjs" $warcio "$dir"/job/warc/*.warc.gz)
[ "$answers" = 208 ] || { echo "$answers answers"; exit 1; }

# Where a result says that its record is, there is one.
sed -n 's/.*"file":"\([^"]*\)","offset":\([0-9]*\),.*/\1 \2/p' "$dir/job/results.jsonl" |
    sort >"$dir/ours"
node $warcio/dist/cli.cjs index "$dir"/job/warc/*.warc.gz |
    sed -n 's/.*"offset":\([0-9]*\),"warc-type":"response".*/\1/p' | sort >"$dir/theirs"
cut -d ' ' -f 2 "$dir/ours" | sort >"$dir/offsets"
[ "$(wc -l <"$dir/offsets")" = 206 ] && [ -z "$(comm -23 "$dir/offsets" "$dir/theirs")" ] ||
    { echo 'an offset is of no answer'; exit 1; }
