#!/bin/sh
# axe_test.sh HTML AXE_JS: ten pages, in both themes, wide and as on a phone, have nothing
# that axe-core calls a violation. Without a browser or axe-core it is skipped.
set -eu

html=$1 axe=$2
pages='index rung_01_serial rung_05_threads rung_10_asio rung_12_port_scanner
exercise_01_serial_one_bad_url measurements six_times classladder_1_1http__exchange
annotated'

skip() { echo "skipped: no $1; ./learn install pages brings it"; exit 77; }
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
    skip 'browser (chromium)'
[ -f "$axe" ] || skip "axe-core ($axe)"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/run.html" <<END
<!DOCTYPE html><html lang="en"><body><script>
const pages = "$(echo $pages)".split(" "), width = location.hash.slice(1)
async function check(name) {
    const frame = document.createElement("iframe")
    frame.style = "border:0;height:900px;width:" + width + "px"
    const loaded = new Promise(done => { frame.onload = done })
    frame.src = "file://$html/" + name + ".html"
    document.body.append(frame)
    await loaded
    const page = frame.contentDocument, script = page.createElement("script")
    const ready = new Promise(done => { script.onload = done })
    script.src = "file://$axe"
    page.head.append(script)
    await ready
    const result = await frame.contentWindow.axe.run(page)
    frame.remove()
    return [...result.violations.flatMap(one => one.nodes.map(node => name + ": " + one.id +
        ": " + node.html.slice(0, 120) + " " + (node.any[0]?.message ?? ""))),
        "checked " + name + " rules passed " + result.passes.length]
}
(async () => {
    const said = []
    for (const name of pages) said.push(...await check(name))
    const report = document.createElement("pre")
    report.textContent = "\n" + said.join("\n").replaceAll("&", " ") + "\nall pages are checked\n"
    document.body.replaceChildren(report)
})()
</script></body></html>
END

sandbox=
[ "$(id -u)" != 0 ] || sandbox=--no-sandbox # it does not start as root with one
status=0
for theme in 1 0; do # as the browser numbers them: light, dark
    for width in 1280 390; do
        timeout 100 "$browser" --headless=new $sandbox --disable-gpu --disable-dev-shm-usage \
            --user-data-dir="$folder/profile" --allow-file-access-from-files \
            --blink-settings=preferredColorScheme=$theme --window-size=1400,1000 \
            --virtual-time-budget=200000 --dump-dom \
            "file://$folder/run.html#$width" >"$folder/out" 2>"$folder/log" || {
            cat "$folder/log"
            exit 1
        }
        grep -q '^all pages are checked' "$folder/out" || {
            echo "not all pages were checked"
            cat "$folder/out"
            exit 1
        }
        if grep '^[a-z_0-9]*: ' "$folder/out"; then
            echo "above: $width pixels wide, $([ $theme = 1 ] && echo light || echo dark)"
            status=1
        fi
        grep -c '^checked' "$folder/out"
    done
done
exit $status
