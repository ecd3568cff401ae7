// The search: which page teaches what was typed, and in which section. Runs in the browser,
// and under Node in tests/docs/search_test.js.
"use strict"

class ladder_search {
    /// `pages` is what finish_pages wrote: {title, url, kind, words, sections: [{heading,
    /// anchor, text}]}.
    constructor(lunr, pages) {
        this.lunr = lunr
        this.pages = pages
        lunr.tokenizer.separator = /[^\p{L}\p{N}]+/u // also std::mutex and io_uring
        this.index = lunr(function () {
            this.ref("number")
            this.field("title", { boost: 6 })
            this.field("words", { boost: 12 })
            this.field("headings", { boost: 2 })
            this.field("text")
            this.b(0.6) // a long page is not a worse page
            pages.forEach((page, number) => this.add({
                number,
                title: page.title,
                words: page.words,
                headings: page.sections.map(s => s.heading).join(" "),
                text: page.sections.map(s => s.text).join(" "),
            }, { boost: ladder_search.weight[page.kind] }))
        })
    }

    /// The best pages first: {title, url, heading, excerpt: [{text, is_match}]}.
    find(query, limit = 12) {
        const { lunr } = this
        const words = lunr.tokenizer(query).map(String).filter(word => word !== "")
        if (words.length === 0) return []
        const scores = new Map()
        for (const word of words) {
            const hits = this.index.query(q => {
                q.term(lunr.tokenizer(word), { boost: 10 })
                q.term(word, { wildcard: lunr.Query.wildcard.TRAILING, usePipeline: false })
            })
            for (const hit of hits) {
                const so_far = scores.get(hit.ref) ?? { words: 0, score: 0 }
                scores.set(hit.ref, { words: so_far.words + 1, score: so_far.score + hit.score })
            }
        }
        return [...scores].map(([ref, { words: count, score }]) => {
            const page = this.pages[ref]
            const together = words.length > 1 ? this.phrases(page, words) : 0
            return { page, rank: [count, score * (1 + Math.log(1 + together))] }
        }).sort((a, b) => b.rank[0] - a.rank[0] || b.rank[1] - a.rank[1])
            .slice(0, limit).map(({ page }) => this.show(page, words))
    }

    pattern(words, between) {
        return new RegExp("(?<![\\p{L}\\p{N}])" + words.join(between), "giu")
    }

    /// How often the words stand side by side.
    phrases(page, words) {
        const pattern = this.pattern(words, "[^\\p{L}\\p{N}]+")
        const count = text => (text.match(pattern) ?? []).length
        return (page.kind === "api" ? 0 : 5 * count(page.title)) + 9 * count(page.words) + page.sections.reduce(
            (sum, s) => sum + 3 * count(s.heading) + count(s.text), 0)
    }

    /// The section that has most of it, and a piece of that.
    show(page, words) {
        const pattern = this.pattern([words.join("|")].map(any => `(?:${any})`), "")
        const weigh = s => {
            const found = new Set(), all = (s.heading + " " + s.text).match(pattern) ?? []
            for (const one of all) found.add(one.toLowerCase())
            return 100 * found.size + 10 * (s.heading.match(pattern) ?? []).length + all.length
        }
        const best = page.sections.reduce((a, b) => (weigh(b) > weigh(a) ? b : a),
            page.sections[0] ?? { heading: "", anchor: "", text: "" })
        const at = Math.max(0, best.text.search(pattern) - 50)
        const begin = at === 0 ? 0 : best.text.indexOf(" ", at) + 1
        const piece = best.text.slice(begin, begin + 150)
        const whole = begin + 150 >= best.text.length
        const text = whole ? piece : piece.slice(0, piece.lastIndexOf(" ")) + " …"
        const excerpt = []
        let done = 0
        for (const match of text.matchAll(pattern)) {
            excerpt.push({ text: text.slice(done, match.index) })
            excerpt.push({ text: match[0], is_match: true })
            done = match.index + match[0].length
        }
        excerpt.push({ text: text.slice(done) })
        return {
            title: page.title, heading: best.heading,
            url: page.url + (best.anchor ? "#" + best.anchor : ""),
            excerpt: text === "" ? null : excerpt,
        }
    }
}

/// A lesson teaches; what stands beside it mentions.
ladder_search.weight = { lesson: 4, exercise: 1, page: 1, api: 0.2 }

if (typeof module !== "undefined") module.exports = ladder_search
