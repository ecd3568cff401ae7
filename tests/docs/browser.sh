# To be sourced by the tests that look at pages: a browser, and $folder for their files.
# Without a browser they are skipped.

skip() { echo "skipped: no $1; ./learn install pages brings it"; exit 77; }
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
    skip 'browser (chromium)'
sandbox=
[ "$(id -u)" != 0 ] || sandbox=--no-sandbox # it does not start as root with one

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# draw light|dark ADDRESS [OPTION...]: $folder/out is what scripts made of the page.
draw() {
    case $1 in light) number=1 ;; dark) number=0 ;; esac # of the theme, for the browser
    address=$2
    shift 2
    rm -rf "$folder/profile" # it remembers the theme
    timeout 100 "$browser" --headless=new $sandbox --disable-gpu --disable-dev-shm-usage \
        --user-data-dir="$folder/profile" --blink-settings=preferredColorScheme=$number "$@" \
        --dump-dom "$address" >"$folder/out" 2>"$folder/log" || {
        cat "$folder/log"
        exit 1
    }
}
