#!/bin/sh
# social_picture.sh: draws docs/images/social.png from social.svg. It is what others show
# with a link to the site; in the repository's settings it is the social preview.
set -eu

images=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/images
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
sandbox=
[ "$(id -u)" != 0 ] || sandbox=--no-sandbox
timeout 60 "$browser" --headless=new $sandbox --disable-gpu --hide-scrollbars \
    --user-data-dir="$profile" --window-size=1280,640 --screenshot="$images/social.png" \
    "file://$images/social.svg" 2>/dev/null
