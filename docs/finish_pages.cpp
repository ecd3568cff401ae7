// finish_pages FOLDER TAGS INDEX_WORDS: makes a book of the pages in FOLDER, where
// Doxygen has put them; TAGS is its tag file.
// - Titles become headings of the first level, and headings one level smaller.
// - A long page gets a table of contents; each page a description.
// - What looks like an option is spelled with two hyphens.
// - In code that is quoted from a source, what a header declares becomes a link to that
//   declaration. (Doxygen's own links lead to whatever has the same name anywhere; in
//   prose, too, those to such names go.)
// - FOLDER/pages.js gets what search.js reads.

#include "declarations.hpp"
#include "html_text.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace ladder::docs;

std::string read(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    if (!in) throw std::runtime_error{"cannot read " + file.string()};
    return {std::istreambuf_iterator<char>{in}, {}};
}

void write(const fs::path& file, const std::string& text) {
    std::ofstream out{file, std::ios::binary};
    out << text;
    out.close();
    if (!out) throw std::runtime_error{"cannot write " + file.string()};
}

/// Puts `by` where `text` has `what` for the first time; whether it has it.
bool replace(std::string& text, std::string_view what, std::string_view by) {
    const auto at = text.find(what);
    if (at == text.npos) return false;
    text.replace(at, what.size(), by);
    return true;
}

void make_title_a_heading(std::string& page) {
    constexpr std::string_view begin = "<div class=\"title\">";
    const auto at = page.find(begin);
    if (at == page.npos) return;
    const auto end = page.find("</div>", at);
    page.replace(end, 6, "</h1>");
    page.replace(at, begin.size(), "<h1 class=\"title\">");
}

/// <h1> in the text becomes <h2>, and so on.
void make_headings_smaller(std::string& page) {
    for (auto at = page.find("<div class=\"contents\">"); at < page.size(); ++at) {
        if (page[at] != '<') continue;
        const auto level = at + (page[at + 1] == '/' ? 3 : 2);
        if (page[level - 1] == 'h' && page[level] >= '1' && page[level] <= '5')
            ++page[level];
    }
}

struct section {
    std::string heading, anchor, text;
};

/// Two hyphens in front of a letter are an option's; Doxygen makes a dash of them.
void spell_options(std::string& page) {
    for (const std::string_view dash : {"&ndash;", "–"})
        for (auto at = page.find(dash); at != page.npos; at = page.find(dash, at + 1))
            if (const char next = page[at + dash.size()]; next >= 'a' && next <= 'z')
                page.replace(at, dash.size(), "--");
}

/// Code in a small heading is text for Doxygen, tags and all.
void draw_code_in_headings(std::string& page) {
    while (replace(page, "&lt;tt&gt;", "<code>") &&
           replace(page, "&lt;/tt&gt;", "</code>")) {
    }
}

/// The text of a page by its headings; the first section has none.
std::vector<section> sections_of(const std::string& page) {
    std::vector<section> result(1);
    auto at = page.find("<div class=\"textblock\">");
    const auto end = page.find("</main>", at);
    while (at < end) {
        const auto next = std::min({page.find("<h2", at), page.find("<h3", at), end});
        result.back().text = text_of(std::string_view{page}.substr(at, next - at));
        if (next == end) break;
        at = page.find("</h", next) + 5;
        const std::string heading = page.substr(next, at - next);
        const auto id = heading.find("id=\"");
        result.push_back(
            {text_of(heading),
             id == heading.npos
                 ? ""
                 : heading.substr(id + 4, heading.find('"', id + 4) - id - 4),
             ""});
    }
    return result;
}

std::string table_of_contents(const std::string& page) {
    std::string items;
    std::size_t count = 0;
    for (auto at = page.find("<h2"); at != page.npos; at = page.find("<h2", at + 1)) {
        const std::string heading = page.substr(at, page.find("</h2>", at) - at);
        const auto id = heading.find("id=\"");
        if (id == heading.npos) continue;
        items += "<li><a href=\"#" +
                 heading.substr(id + 4, heading.find('"', id + 4) - id - 4) + "\">" +
                 escaped(text_of(heading)) + "</a></li>\n";
        ++count;
    }
    if (count < 5) return {};
    return "<nav class=\"on-page\" aria-label=\"On this page\"><p>On this "
           "page</p>\n<ul>\n" +
           items + "</ul>\n</nav>\n";
}

std::string shortened(const std::string& text, std::size_t most) {
    if (text.size() <= most) return text;
    return text.substr(0, text.rfind(' ', most)) + " …";
}

/// The code of a page: Doxygen's links go, ours come where a source is quoted.
void link_code(std::string& page, const declarations& known) {
    constexpr std::string_view quoted = "<div class=\"snippet\" data-from=\"";
    std::string result, source;
    for (std::size_t at = 0; at < page.size();) {
        const auto code = page.find("<div class=\"fragment\">", at);
        const auto mark = page.find(quoted, at);
        if (mark < code) {
            const auto begin = mark + quoted.size(), end = page.find('"', begin);
            source = page.substr(begin, end - begin);
            result += page.substr(at, mark - at);
            if (const auto listing = known.listing_of(source); !listing.empty())
                result += "<p class=\"from\"><a href=\"" + listing + "\">" + source +
                          "</a></p>";
            at = page.find("</div>", end) + 6;
            continue;
        }
        if (code == page.npos) {
            result += page.substr(at);
            break;
        }
        const auto end = page.find("</div><!-- fragment -->", code);
        result += page.substr(at, code - at);
        result += known.linked(std::string_view{page}.substr(code, end - code), source);
        source.clear();
        at = end;
    }
    page = std::move(result);
}

/// Removes the links that begin so, but not their text, unless `stays` of where they lead
/// and of their text.
template <class Stays>
void unlink(std::string& page, std::string_view begin, Stays stays) {
    constexpr std::string_view reference = "href=\"";
    for (auto at = page.find(begin); at != page.npos; at = page.find(begin, at)) {
        const auto href = page.find(reference, at) + reference.size();
        const auto close = page.find('>', href), end = page.find("</a>", close);
        const std::string url = page.substr(href, page.find('"', href) - href);
        if (stays(url, page.substr(close + 1, end - close - 1))) {
            at = end;
        } else {
            page.erase(end, 4);
            page.erase(at, close + 1 - at);
        }
    }
}

/// Doxygen's own links in prose: those to files stay, and those to what is spelled with
/// its namespace. Others lead to whatever has the same name, such as any `run()`.
void unlink_strangers(std::string& page) {
    unlink(page, "<a class=\"el\" ", [](const std::string& url, const std::string& text) {
        return url.find("_8hpp") != url.npos || url.find("_8cpp") != url.npos ||
               text.find("ladder::") != text.npos;
    });
}

/// Doxygen's links in code to a page that it does not write: a type of an unnamed
/// namespace, for what has its name anywhere (1.9.8 does so).
void unlink_missing(std::string& page, const std::set<std::string>& pages) {
    unlink(page, "<a class=\"code", [&](const std::string& url, const std::string&) {
        const std::string to = url.substr(0, url.find('#'));
        return to.empty() || pages.contains(to);
    });
}

std::string json(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
    return result + '"';
}

std::string_view kind_of(std::string_view page) {
    if (page.starts_with("rung_")) return "lesson";
    return page.starts_with("exercise_") ? "exercise" : "page";
}

std::string entry(std::string_view title, std::string_view url, std::string_view kind,
                  std::string_view words, const std::vector<section>& sections) {
    std::string list;
    for (const section& each : sections)
        list += (list.empty() ? "" : ",\n  ") + ("{\"heading\":" + json(each.heading)) +
                ",\"anchor\":" + json(each.anchor) + ",\"text\":" + json(each.text) + "}";
    return "{\"title\":" + json(title) + ",\"url\":" + json(url) +
           ",\"kind\":" + json(kind) + ",\"words\":" + json(words) + ",\"sections\":[" +
           list + "]},\n";
}

/// The index: for each page the words by which it must be found.
std::map<std::string, std::string> read_index(const fs::path& file) {
    std::map<std::string, std::string> words;
    std::istringstream lines{read(file)};
    for (std::string line; std::getline(lines, line);)
        if (const auto colon = line.find(": ");
            !line.starts_with('#') && colon != line.npos)
            words["rung_" + line.substr(0, colon) + ".html"] = line.substr(colon + 2);
    return words;
}

void run(const fs::path& folder, const fs::path& tags, const fs::path& words) {
    const declarations known{read(tags), [&](const std::string& name) {
                                 const fs::path page = folder / name;
                                 return fs::exists(page) ? read(page) : std::string{};
                             }};
    const auto index_words = read_index(words);
    for (const auto& [page, list] : index_words)
        if (known.title_of_page(page) == nullptr)
            throw std::runtime_error{words.string() + ": there is no " + page};
    std::set<std::string> pages;
    for (const auto& file : fs::directory_iterator{folder})
        pages.insert(file.path().filename());
    std::string index;
    for (const auto& file : fs::directory_iterator{folder}) {
        const std::string name = file.path().filename();
        if (file.path().extension() != ".html") continue;
        std::string page = read(file.path());
        make_title_a_heading(page);
        spell_options(page);
        unlink_missing(page, pages);
        if (const std::string* title = known.title_of_page(name)) {
            make_headings_smaller(page);
            draw_code_in_headings(page);
            link_code(page, known);
            unlink_strangers(page);
            replace(page, "<div class=\"textblock\">",
                    table_of_contents(page) + "<div class=\"textblock\">");
            const auto sections = sections_of(page);
            replace(page, "</title>",
                    "</title>\n<meta name=\"description\" content=\"" +
                        escaped(shortened(sections.front().text, 160)) + "\"/>");
            replace(page, "<title>The Concurrency Ladder · ", "<title>");
            const auto listed = index_words.find(name);
            index += entry(*title, name, kind_of(name),
                           listed == index_words.end() ? "" : listed->second, sections);
        }
        write(file.path(), page);
    }
    for (const auto& [name, where] : known.all())
        index += entry(name, where.url, "api", "", {});
    write(folder / "pages.js", "const ladder_pages = [\n" + index +
                                   "]\nif (typeof module !== \"undefined\") "
                                   "module.exports = ladder_pages\n");
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 4) {
        std::fprintf(stderr, "usage: finish_pages FOLDER TAGS INDEX_WORDS\n");
        return 2;
    }
    run(argv[1], argv[2], argv[3]);
} catch (const std::exception& error) {
    std::fprintf(stderr, "finish_pages: %s\n", error.what());
    return 1;
}
