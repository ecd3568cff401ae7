// node search_test.js HTML LUNR_JS: what a reader would type finds the lesson that teaches it
// first (search_words.txt); and what leads nowhere says so.
"use strict"
const fs = require("fs"), path = require("path")
const [html, lunr_file] = process.argv.slice(2).map(file => path.resolve(file))
const search_class = require(path.join(html, "search.js"))
const search = new search_class(require(lunr_file), require(path.join(html, "pages.js")))

let failed = 0
function check(is_good, what) {
    if (is_good) return
    ++failed
    console.log("FAIL " + what)
}

const rows = fs.readFileSync(path.join(__dirname, "search_words.txt"), "utf8").split("\n")
    .map(line => /^([^#\s].*?)\s+(\d\d)$/.exec(line)).filter(row => row !== null)
check(rows.length >= 40, `only ${rows.length} words`)
for (const [, words, rung] of rows) {
    const found = search.find(words).map(one => one.url)
    check(found[0]?.startsWith(`rung_${rung}_`), `${words}: ${found.slice(0, 3).join(", ")}`)
    // The place within the page exists.
    const [file, anchor] = (found[0] ?? "index.html").split("#")
    const page = fs.readFileSync(path.join(html, file), "utf8")
    check(!anchor || page.includes(`id="${anchor}"`), `${words}: no place ${found[0]}`)
}
check(search.find("xyzzy").length === 0, "what is not there is found")
check(search.find("  ").length === 0, "nothing finds something")
check(search.find("epol")[0]?.url.startsWith("rung_09"), "the beginning of a word finds nothing")
check(search.find("ladder::page").length > 0, "a declared name is not found")
check(search.find("c++ ( [ *").every(one => one.url), "signs break the search")
console.log(`${rows.length} searches, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
