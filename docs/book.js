// What a page does by itself: the menu, the theme, the search, and what code and tables need.
"use strict"

const root = document.currentScript.dataset.root
const by_id = id => document.getElementById(id)

// ---- the menu: where you are; on a phone, it opens
const here = location.pathname.split("/").pop() || "index.html"
for (const link of document.querySelectorAll("#menu a, .bar .home"))
    if (link.getAttribute("href").split("/").pop() === here) {
        link.setAttribute("aria-current", "page")
        link.closest("#menu > ul > li")?.classList.add("here")
    }
document.querySelector("#menu [aria-current]")?.scrollIntoView({ block: "nearest" })

function open_menu(is_open) {
    document.body.classList.toggle("menu-open", is_open)
    by_id("menu-button").setAttribute("aria-expanded", is_open)
}
by_id("menu-button").addEventListener("click", () =>
    open_menu(!document.body.classList.contains("menu-open")))

// ---- the theme
function show_theme() {
    const is_dark = document.documentElement.classList.contains("dark-mode")
    by_id("theme-button").setAttribute("aria-pressed", is_dark)
}
by_id("theme-button").addEventListener("click", () => {
    const classes = document.documentElement.classList
    const is_dark = !classes.contains("dark-mode")
    classes.toggle("dark-mode", is_dark)
    classes.toggle("light-mode", !is_dark)
    try { localStorage.setItem("theme", is_dark ? "dark" : "light") } catch (_) {}
    show_theme()
})
show_theme()

// ---- the search: its index is made when somebody first wants to search
let index = null
function load_script(name) {
    return new Promise((loaded, failed) => {
        const script = document.createElement("script")
        script.src = root + name
        script.onload = loaded
        script.onerror = failed
        document.head.append(script)
    })
}
async function make_index() {
    await load_script("lunr.js")
    await load_script("pages.js")
    return new ladder_search(lunr, ladder_pages)
}

function element(name, text, attributes = {}) {
    const made = document.createElement(name)
    made.append(...[text].flat())
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
    return made
}

function show(found, text) {
    const items = found.map(one => {
        const link = element("a", [element("strong", one.title)], { href: root + one.url })
        if (one.heading) link.append(" › " + one.heading)
        if (one.excerpt) link.append(element("span", one.excerpt.map(
            piece => piece.is_match ? element("mark", piece.text) : piece.text)))
        return element("li", link)
    })
    by_id("found").replaceChildren(items.length > 0 ? element("ol", items)
        : element("p", `Nothing about “${text}”.`))
    by_id("found").hidden = false
}

async function search() {
    const text = by_id("query").value.trim()
    if (text === "") {
        by_id("found").hidden = true
        return
    }
    index ??= make_index()
    try {
        const found = (await index).find(text)
        if (text === by_id("query").value.trim()) show(found, text)
    } catch (_) {
        index = null
        by_id("found").replaceChildren(element("p", "The search could not be loaded."))
        by_id("found").hidden = false
    }
}
by_id("query").addEventListener("focus", () => { index ??= make_index() }, { once: true })
by_id("query").addEventListener("input", search)
by_id("find").addEventListener("submit", event => {
    event.preventDefault()
    by_id("found").querySelector("a")?.click()
})

document.addEventListener("keydown", event => {
    const is_typing = /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)
    if (event.key === "/" && !is_typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault()
        by_id("query").focus()
    } else if (event.key === "Escape") {
        by_id("found").hidden = true
        open_menu(false)
    } else if (/^Arrow(Up|Down)$/.test(event.key) && by_id("find").contains(event.target)) {
        const links = [by_id("query"), ...by_id("found").querySelectorAll("a")]
        const at = links.indexOf(document.activeElement) + (event.key === "ArrowUp" ? -1 : 1)
        links[at]?.focus()
        event.preventDefault()
    }
})
document.addEventListener("click", event => {
    if (!by_id("find").contains(event.target)) by_id("found").hidden = true
})

// ---- code can be copied; what is wider than the page scrolls by itself, and says so
for (const code of document.querySelectorAll("main .fragment")) {
    const frame = element("div", [], { class: "frame" })
    code.replaceWith(frame)
    const button = element("button", "Copy", { type: "button", class: "copy" })
    button.addEventListener("click", async () => {
        await navigator.clipboard.writeText([...code.querySelectorAll(".line")]
            .map(line => line.textContent).join("\n"))
        button.textContent = "Copied"
        setTimeout(() => { button.textContent = "Copy" }, 1500)
    })
    frame.append(code, button)
}
// ---- in a difference, what goes and what comes has a colour
for (const code of document.querySelectorAll("main .fragment")) {
    const lines = [...code.querySelectorAll(".line")]
    const is_like = pattern => line => pattern.test(line.textContent)
    if (!lines.every(is_like(/^([-+ …]|$)/)) || !lines.some(is_like(/^\+/)) ||
        !lines.some(is_like(/^-/))) continue
    for (const line of lines)
        line.classList.add({ "+": "comes", "-": "goes" }[line.textContent[0]] ?? "stays")
}
for (const wide of document.querySelectorAll("main .markdownTable, main .textblock img")) {
    const frame = element("div", [], { class: "wide" })
    wide.replaceWith(frame)
    frame.append(wide)
    wide.addEventListener("load", mark_wide)
}
function mark_wide() {
    for (const box of document.querySelectorAll("main .fragment, main .wide, main pre, main .memproto")) {
        const is_wide = box.scrollWidth > box.clientWidth
        box.classList.toggle("scrolls", is_wide)
        if (!is_wide) {
            for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name)
            continue
        }
        box.onscroll = () => box.classList.toggle("at-end",
            box.scrollLeft + box.clientWidth >= box.scrollWidth - 1)
        box.tabIndex = 0 // the arrow keys scroll it
        box.setAttribute("role", "group")
        box.setAttribute("aria-label", box.matches(".wide:has(img)") ? "Picture"
            : box.classList.contains("wide") ? "Table" : "Code")
    }
}
addEventListener("resize", mark_wide)
mark_wide()

// ---- a heading is a link to itself; the table of contents says where you are
for (const anchor of document.querySelectorAll("main h2 > .anchor, main h3 > .anchor")) {
    const heading = anchor.parentElement
    heading.append(element("a", "#", {
        class: "self", href: "#" + anchor.id,
        "aria-label": "Link to “" + heading.textContent.trim() + "”" }))
}
const sections = [...document.querySelectorAll("nav.on-page a")].map(
    link => ({ link, heading: by_id(decodeURIComponent(link.hash.slice(1))) }))
function mark_section() {
    const passed = sections.filter(s => s.heading.getBoundingClientRect().top < 120)
    for (const s of sections) s.link.classList.toggle("here", s === passed.at(-1))
}
if (sections.length > 0) {
    addEventListener("scroll", mark_section, { passive: true })
    mark_section()
}
