#!/bin/sh
# axe_test.sh HTML AXE_JS: ten pages have nothing that axe-core calls a violation, fit into
# the window, and have a menu and a theme that change when asked. Each page is looked at in
# both themes, once wide and once as on a phone, every second one the other way round.
# Without a browser or axe-core it is skipped.
set -eu

html=$1 axe=$2
pages='index rung_01_serial rung_05_threads rung_10_asio rung_12_port_scanner
exercise_01_serial_one_bad_url measurements six_times classladder_1_1http__exchange
annotated'

. "$(dirname "$0")/browser.sh"
[ -f "$axe" ] || skip "axe-core ($axe)"

cat >"$folder/run.html" <<END
<!DOCTYPE html><html lang="en"><body><script>
const pages = "$(echo $pages)".split(" "), first_width = location.hash.slice(1)
// What a reader does with a page.
function use(page, view) {
    const wrong = [], by_id = id => page.getElementById(id)
    const want = (is_good, what) => { if (!is_good) wrong.push(what) }
    const shown = one => view.getComputedStyle(one).display !== "none"
    const all = page.scrollingElement
    want(all.scrollWidth <= all.clientWidth, "is wider than the window: " +
        [...page.querySelectorAll("main *")].find(one =>
            one.getBoundingClientRect().right > all.clientWidth + 1)?.outerHTML.slice(0, 80))
    want(view.getComputedStyle(all).overflowY !== "hidden", "does not scroll by PageDown")
    want(page.querySelector("a, button, input").className === "skip", "no link past the menu")
    want(![...page.querySelectorAll(".directory td")].some(one => one.scrollWidth > one.clientWidth
        || one.getBoundingClientRect().right > all.clientWidth), "a list is cut off")
    want(page.documentElement.lang === "en", "no language")
    want(page.querySelectorAll("main h1").length === 1, "not one title")
    want(page.querySelectorAll("#menu a[href*=rung_]").length >= 15, "lessons not in the menu")
    const is_narrow = view.innerWidth < 900
    want(shown(by_id("menu-button")) === is_narrow, "the menu's button is in the wrong place")
    if (is_narrow) by_id("menu-button").click()
    want(shown(by_id("menu")), "the menu does not open")
    const was_dark = page.documentElement.classList.contains("dark-mode")
    want(was_dark === view.matchMedia("(prefers-color-scheme: dark)").matches,
        "has not the theme of the system")
    by_id("theme-button").click()
    want(page.documentElement.classList.contains("dark-mode") !== was_dark,
        "the theme does not change")
    by_id("theme-button").click() // as it was, for the next page
    return wrong
}
async function check(name, width) {
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
    const wrong = use(page, frame.contentWindow)
    frame.remove()
    return [...wrong.map(what => name + ": " + what), ...result.violations.flatMap(one => one.nodes.map(node => name + ": " + one.id +
        ": " + node.html.slice(0, 120) + " " + (node.any[0]?.message ?? ""))),
        "checked " + name + " rules passed " + result.passes.length]
}
(async () => {
    const said = []
    let width = first_width
    for (const name of pages) {
        said.push(...await check(name, width))
        width = width === "1280" ? "390" : "1280"
    }
    const report = document.createElement("pre")
    report.textContent = "\n" + said.join("\n").replaceAll("&", " ") + "\nall pages are checked\n"
    document.body.replaceChildren(report)
})()
</script></body></html>
END

status=0
for way in '1280 light' '390 dark'; do
    set -- $way
    draw "$2" "file://$folder/run.html#$1" --allow-file-access-from-files \
        --window-size=1400,1000 --virtual-time-budget=200000
    grep -q '^all pages are checked' "$folder/out" || {
        echo "not all pages were checked"
        cat "$folder/out"
        exit 1
    }
    if grep '^[a-z_0-9]*: ' "$folder/out"; then
        echo "above: the $2 theme, the first page $1 pixels wide"
        status=1
    fi
    grep -c '^checked' "$folder/out"
done
exit $status
