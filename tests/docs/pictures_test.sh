#!/bin/sh
# pictures_test.sh ROOT: the drawings of the lessons and of the site can be read. No text
# leaves its picture, lies on another text, on the edge of a box or on a line, or has a
# contrast below 4.5 to 1, in both themes. Without a browser it is skipped.
set -eu

root=$1
. "$(dirname "$0")/browser.sh"

{
    cat <<'END'
<!DOCTYPE html><html lang="en"><body><pre></pre><script>
const said = [], box = one => one.getBoundingClientRect()
const common = (a, b) => [Math.min(a.right, b.right) - Math.max(a.left, b.left),
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)]
const rgb = text => text.match(/[\d.]+/g).slice(0, 3).map(Number)
const light = color => color.map(c => c / 255)
    .map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0)
function contrast(a, b) {
    const [low, high] = [light(rgb(a)), light(rgb(b))].sort((x, y) => x - y)
    return (high + .05) / (low + .05)
}
function check(name, picture) {
    const all = box(picture), texts = [...picture.querySelectorAll("text")]
    const wrong = (text, what) => said.push(name + ": “" + text.textContent + "” " + what)
    const shapes = [...picture.querySelectorAll("rect, path")]
    const paper = matchMedia("(prefers-color-scheme: dark)").matches ? "rgb(22, 24, 27)"
        : "rgb(255, 255, 255)"
    texts.forEach((text, i) => {
        const here = box(text)
        let ground = paper, on_line = false
        if (here.left < all.left || here.right > all.right || here.top < all.top ||
            here.bottom > all.bottom) wrong(text, "leaves the picture")
        for (const other of texts.slice(i + 1)) {
            const [w, h] = common(here, box(other))
            if (w > 1 && h > here.height / 3) wrong(text, "lies on “" + other.textContent + "”")
        }
        for (const shape of shapes) {
            const there = box(shape), [w, h] = common(here, there)
            const style = getComputedStyle(shape)
            const is_line = shape.tagName === "path" && there.height < 2
            if (w <= 2 || h < (is_line ? 0 : Math.min(here.height, there.height) * .4)) continue
            if (is_line && h >= 0 && Math.abs(there.top - (here.top + here.bottom) / 2) <
                here.height * .3) on_line = true
            if (shape.tagName !== "rect" || style.fill === "none") continue
            if (w < here.width - 2) wrong(text, "lies on the edge of a box")
            else [ground, on_line] = [style.fill, false] // it hides what is below
        }
        if (on_line) wrong(text, "lies on a line")
        const seen = contrast(getComputedStyle(text).fill, ground)
        if (seen < 4.5) wrong(text, "has a contrast of " + seen.toFixed(1))
    })
}
END
    for picture in "$root"/lessons/*/idea.svg "$root"/docs/images/twenty_pages.svg \
        "$root"/docs/images/five_hundred_databases.svg "$root"/docs/images/social.svg; do
        echo "document.body.insertAdjacentHTML('beforeend', String.raw\`<div style='width:1000px'>"
        cat "$picture"
        echo "</div>\`); check('${picture#"$root"/}', document.body.lastChild.firstElementChild);"
        echo 'document.body.lastChild.remove()'
    done
    cat <<'END'
document.querySelector("pre").textContent = "\n" + said.join("\n") + "\nall are checked\n"
</script></body></html>
END
} >"$folder/run.html"

status=0
for theme in light dark; do
    draw $theme "file://$folder/run.html" --window-size=1200,900 --virtual-time-budget=20000
    sed '/<script>/,$d' "$folder/out" >"$folder/said"
    grep -q '^all are checked' "$folder/said" || { echo 'not all are checked'; exit 1; }
    if grep ': “' "$folder/said"; then
        echo "above: $theme"
        status=1
    fi
done
exit $status
