// check_links WHAT...: exits with 1, and says file and link, when a link leads nowhere,
// or to a stranger. Each WHAT is a folder of HTML pages (what Doxygen makes) or a
// Markdown page. Links to other machines are not followed.
//
// A link in the code of a page of prose must lead to a declaration of that very name, on
// the page of a class or of a namespace: one of the rung that is quoted or of the
// workbench, unless the code names another rung's namespace.
//
// No mark of Markdown may be left in the prose of an HTML page: a star, a backtick, a
// dash that was two hyphens.
//
// A Markdown page must also be what a code-hosting site draws: pictures that are there
// and have a description, <details> that are closed and have an empty line around what is
// in them, and links within the project that are relative.

#include "marks.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    if (!in) throw std::runtime_error{"cannot read " + file.string()};
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// Calls `use` with the first group of every match.
template <class Function>
void for_each_match(const std::string& text, const std::regex& pattern, Function use) {
    for (std::sregex_iterator i{text.begin(), text.end(), pattern}, end; i != end; ++i)
        use((*i)[1].str());
}

/// The bytes that a URL in HTML stands for (RFC 3986 §2.1).
std::string decode(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const bool is_escape = text.size() > 2 && text[0] == '%' &&
                               std::isxdigit(static_cast<unsigned char>(text[1])) != 0 &&
                               std::isxdigit(static_cast<unsigned char>(text[2])) != 0;
        if (is_escape)
            result +=
                static_cast<char>(std::stoi(std::string{text.substr(1, 2)}, nullptr, 16));
        else
            result += text[0];
        const bool is_entity = text.starts_with("&amp;");
        text.remove_prefix(is_escape ? 3 : is_entity ? 5 : 1);
    }
    return result;
}

/// The last part of a name: "fetch" of "ladder::serial::fetch".
std::string last_part(const std::string& name) {
    const auto at = name.rfind("::");
    return at == name.npos ? name : name.substr(at + 2);
}

using anchors = std::set<std::string>;

anchors anchors_of_html(const std::string& text) {
    static const std::regex pattern{R"re(\s(?:id|name)\s*=\s*"([^"]*)")re"};
    anchors found;
    for_each_match(text, pattern,
                   [&](const std::string& name) { found.insert(decode(name)); });
    return found;
}

/// The lines outside of blocks of code.
std::string prose_of_markdown(const std::string& text) {
    std::string prose;
    bool is_code = false;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string line = text.substr(begin, end - begin);
        const auto start = std::min(line.find_first_not_of(' '), line.size());
        const bool is_fence = line.compare(start, 3, "```") == 0;
        if (is_fence) is_code = !is_code;
        if (!is_code && !is_fence) prose += line;
        prose += '\n';
        begin = end + 1;
    }
    return prose;
}

/// What code-hosting sites make of the headings.
anchors anchors_of_markdown(const std::string& text) {
    static const std::regex pattern{"(?:^|\n)#+ ([^\n]*)"};
    std::map<std::string, int> count;
    anchors found;
    for_each_match(prose_of_markdown(text), pattern, [&](const std::string& heading) {
        std::string slug;
        for (const unsigned char c : heading) {
            if (std::isalnum(c) != 0 || c == '-' || c == '_')
                slug += static_cast<char>(std::tolower(c));
            else if (c == ' ')
                slug += '-';
        }
        const int before = count[slug]++;
        found.insert(before == 0 ? slug : slug + "-" + std::to_string(before));
    });
    return found;
}

class checker {
public:
    void check_html(const fs::path& folder) {
        static const std::regex attribute{R"re(\s(?:href|src)\s*=\s*"([^"]*)")re"};
        static const std::regex string{R"re(["']([^"'\s]*\.html(?:#[^"'\s]*)?)["'])re"};
        for (const auto& entry : fs::recursive_directory_iterator{folder}) {
            const auto& file = entry.path();
            if (file.extension() == ".html") {
                const std::string page = read(file);
                check_all(file, page, attribute);
                if (is_prose(file)) {
                    check_code(file, page);
                    check_words(file, page);
                    for (const auto& mark : ladder::docs::marks_left(page))
                        complain(file, "a mark that is not drawn: " + mark);
                }
            }
            if (is_index(file)) // the tree at the side, and what the search finds
                check_all(file, read(file), string);
        }
    }

    void check_markdown(const fs::path& file) {
        static const std::regex code{"`[^`\n]*`"};
        static const std::regex link{R"re(\[[^\][]*\]\(([^() \n]*)\))re"};
        const std::string text = read(file);
        check_all(file, std::regex_replace(prose_of_markdown(text), code, ""), link);
        check_as_drawn(file, text);
    }

    /// Prints what is broken; whether all is well.
    bool report() const {
        for (const auto& line : broken_)
            std::printf("%s\n", line.c_str());
        std::printf("%zu links, %zu of them in code; %zu are broken or wrong\n", links_,
                    code_links_, broken_.size());
        return links_ != 0 && broken_.empty();
    }

private:
    static bool is_prose(const fs::path& file) {
        static const std::regex name{
            "(rung_|exercise_).*|(index|contributing|runner|measurements|six_times|"
            "how_the_fetcher_is_built|words_ways_and_archives)\\.html"};
        return std::regex_match(file.filename().string(), name);
    }

    void complain(const fs::path& file, const std::string& what) {
        broken_.insert(file.string() + ": " + what);
    }

    /// Where do the links in quoted code lead?
    void check_code(const fs::path& file, const std::string& page) {
        static const std::regex link{
            R"re(<a class="code[^"]*" href="([^"#]*)(?:#([^"]*))?">([^<]*)</a>)re"};
        static const std::regex declares{"(class|struct|namespace|concept)ladder.*"};
        const std::string name = file.filename().string();
        for (std::sregex_iterator i{page.begin(), page.end(), link}, end; i != end; ++i) {
            const std::string target = (*i)[1], anchor = (*i)[2], text = (*i)[3];
            ++code_links_;
            const std::string where =
                name + ": the code's link " + text + " to " + target;
            if (!std::regex_match(target, declares)) {
                complain(file, where + ": that is no declaration");
                continue;
            }
            const std::string own =
                source_above(page, static_cast<std::size_t>(i->position()));
            const std::string there = read(file.parent_path() / target);
            if (declared_at(there, anchor) != last_part(text))
                complain(file, where + ": that declares " + declared_at(there, anchor));
            const std::string scope = rung_namespace(target);
            if (scope.empty() || own.ends_with("_" + scope)) continue;
            if (text.find(scope + "::") == text.npos)
                complain(file, where + ": that is of " + scope);
        }
    }

    /// Where do the links in prose lead that nobody has written? To a source file, or to
    /// what is named with its namespace.
    void check_words(const fs::path& file, const std::string& page) {
        static const std::regex link{
            R"re(<a class="el" href="([^"#]*)(?:#([^"]*))?"[^>]*>([^<]*)</a>)re"};
        static const std::regex source{".*_8[hc]pp(_source)?\\.html"};
        for (std::sregex_iterator i{page.begin(), page.end(), link}, end; i != end; ++i) {
            const std::string target = (*i)[1], anchor = (*i)[2];
            const std::string text =
                std::regex_replace((*i)[3].str(), std::regex{"\\(\\)"}, "");
            if (std::regex_match(target, source)) continue;
            const std::string where = "the link of " + text + " to " + target;
            if (text.find("ladder::") == text.npos)
                complain(file, where + ": nobody has written it");
            else if (declared_at(read(file.parent_path() / target), anchor) !=
                     last_part(text))
                complain(file, where + ": that declares something else");
        }
    }

    /// What the page of a class or namespace declares: at an anchor, or as a whole.
    static std::string declared_at(const std::string& page, const std::string& anchor) {
        static const std::regex title{"<h1 class=\"title\">([\\w:]+)"};
        static const std::regex heading{"</a></span>([~\\w]+)"};
        std::smatch found;
        if (anchor.empty())
            return std::regex_search(page, found, title) ? last_part(found[1])
                                                         : "nothing";
        const auto at = page.find("id=\"" + anchor + "\"");
        if (at == page.npos) return "nothing";
        const std::string piece = page.substr(at, 600);
        return std::regex_search(piece, found, heading) ? found[1].str() : "nothing";
    }

    /// A rung's namespace, from the name of a page: "serial" of
    /// "namespaceladder_1_1serial.html"; empty for what is in `ladder` itself.
    std::string rung_namespace(const std::string& target) {
        static const std::regex pattern{"[a-z]+ladder_1_1([a-z_]+?)(_1_1.*)?\\.html"};
        std::smatch found;
        if (!std::regex_match(target, found, pattern)) return {};
        std::string name = std::regex_replace(found[1].str(), std::regex{"__"}, "_");
        return rungs_.contains(name) ? name : "";
    }

    /// The folder of the rung from which the code at `position` is quoted, as the page
    /// says above it.
    static std::string source_above(const std::string& page, std::size_t position) {
        constexpr std::string_view from = "<p class=\"from\">", lessons = ">lessons/";
        const auto at = page.find(lessons, page.rfind(from, position));
        if (at == page.npos || at > position) return {};
        const auto begin = at + lessons.size();
        return page.substr(begin, page.find('/', begin) - begin);
    }

    static inline const std::set<std::string> rungs_{
        "serial",       "processes",      "ipc_queues",
        "process_pool", "threads",        "thread_pool",
        "switching",    "fibers",         "event_loop",
        "asio",         "asio_callbacks", "fibers_on_asio",
        "fetcher",      "port_scanner",   "five_hundred_databases"};

    /// What a code-hosting site needs in order to draw a page as it is meant.
    void check_as_drawn(const fs::path& file, const std::string& text) {
        static const std::regex picture{R"re(!\[([^\]]*)\]\(([^) ]*)\))re"};
        const std::string prose = prose_of_markdown(text);
        for (std::sregex_iterator i{prose.begin(), prose.end(), picture}, end; i != end;
             ++i)
            if ((*i)[1].length() == 0)
                complain(file, (*i)[2].str() + ": a picture without a description");
        std::istringstream lines{text};
        bool wants_blank = false, is_code = false;
        int open = 0;
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("```")) is_code = !is_code;
            if (wants_blank && !line.empty())
                complain(file, "no empty line after <summary>, so no Markdown: " + line);
            wants_blank = false;
            if (is_code) continue;
            if (line.find("<details>") != line.npos) ++open;
            if (line.find("</details>") != line.npos) --open;
            wants_blank = line.ends_with("</summary>");
            if (line.find("](/") != line.npos || line.find("](file:") != line.npos)
                complain(file, "a link that is not relative: " + line);
        }
        if (open != 0) complain(file, "a <details> that is not closed");
        if (is_code) complain(file, "a block of code that is not closed");
    }

    /// Doxygen's own indexes name places that it then leaves out of the page, such as
    /// what a namespace that is not shown holds. There, only the page must exist.
    static bool is_index(const fs::path& file) {
        const std::string name = file.filename().string();
        if (name.ends_with("-members.html")) return true;
        if (file.extension() != ".js") return false;
        if (name.starts_with("navtreeindex")) return false; // places, not links
        static const std::set<std::string> scripts{
            "dynsections.js", "jquery.js",    "menu.js",   "navtree.js", "resize.js",
            "search.js",      "clipboard.js", "cookie.js", "book.js"};
        return !scripts.contains(name);
    }

    void check_all(const fs::path& file, const std::string& text,
                   const std::regex& pattern) {
        for_each_match(text, pattern,
                       [&](const std::string& link) { check(file, link); });
    }

    void check(const fs::path& file, const std::string& link) {
        static const std::regex elsewhere{"^([a-z]+:|//)", std::regex::icase};
        if (link.empty() || std::regex_search(link, elsewhere)) return;
        if (link.starts_with("../../actions/") || link.starts_with("../../deployments"))
            return; // the code-hosting site's own pages, from the front page
        ++links_;
        const std::size_t hash = std::min(link.find('#'), link.size());
        const std::string path = decode(link.substr(0, std::min(link.find('?'), hash)));
        const std::string anchor = decode(link.substr(std::min(hash + 1, link.size())));
        const fs::path target =
            path.empty() ? file : (file.parent_path() / path).lexically_normal();
        if (!fs::exists(target))
            broken_.insert(file.string() + ": " + link + ": there is no such file");
        else if (!anchor.empty() && !is_index(file) && !has_anchor(target, anchor))
            broken_.insert(file.string() + ": " + link + ": there is no such place");
    }

    bool has_anchor(const fs::path& file, const std::string& anchor) {
        const bool is_html = file.extension() == ".html";
        if (!is_html && file.extension() != ".md") return true;
        auto found = anchors_.find(file);
        if (found == anchors_.end()) {
            const std::string text = read(file);
            found = anchors_
                        .emplace(file, is_html ? anchors_of_html(text)
                                               : anchors_of_markdown(text))
                        .first;
        }
        return found->second.contains(anchor);
    }

    std::size_t links_ = 0;
    std::size_t code_links_ = 0;
    std::set<std::string> broken_;
    std::map<fs::path, anchors> anchors_;
};

} // namespace

int main(int argc, char** argv) try {
    if (argc < 2) {
        std::fprintf(stderr, "usage: check_links {FOLDER|PAGE.md}...\n");
        return 2;
    }
    checker all;
    for (int i = 1; i < argc; ++i) {
        if (fs::is_directory(argv[i]))
            all.check_html(argv[i]);
        else
            all.check_markdown(argv[i]);
    }
    return all.report() ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "check_links: %s\n", error.what());
    return 2;
}
