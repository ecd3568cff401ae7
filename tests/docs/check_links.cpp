// check_links WHAT...: exits with 1, and says file and link, when a link leads nowhere.
// Each WHAT is a folder of HTML pages (what Doxygen makes) or a Markdown page. Links to
// other machines are not followed.

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
            if (file.extension() == ".html")
                check_all(file, read(file), attribute);
            else if (is_index(file)) // the tree at the side, and what the search finds
                check_all(file, read(file), string);
        }
    }

    void check_markdown(const fs::path& file) {
        static const std::regex code{"`[^`\n]*`"};
        static const std::regex link{R"re(\[[^\][]*\]\(([^() \n]*)\))re"};
        check_all(file, std::regex_replace(prose_of_markdown(read(file)), code, ""),
                  link);
    }

    /// Prints what is broken; whether all is well.
    bool report() const {
        for (const auto& line : broken_)
            std::printf("%s\n", line.c_str());
        std::printf("%zu links, %zu of them broken\n", links_, broken_.size());
        return links_ != 0 && broken_.empty();
    }

private:
    /// Doxygen's own indexes name places that it then leaves out of the page, such as
    /// what a namespace that is not shown holds. There, only the page must exist.
    static bool is_index(const fs::path& file) {
        const std::string name = file.filename().string();
        if (name.ends_with("-members.html")) return true;
        if (file.extension() != ".js") return false;
        if (name.starts_with("navtreeindex")) return false; // places, not links
        static const std::set<std::string> scripts{
            "dynsections.js", "jquery.js", "menu.js",      "navtree.js",
            "resize.js",      "search.js", "clipboard.js", "cookie.js"};
        return !scripts.contains(name) && !name.starts_with("doxygen-awesome");
    }

    void check_all(const fs::path& file, const std::string& text,
                   const std::regex& pattern) {
        for_each_match(text, pattern,
                       [&](const std::string& link) { check(file, link); });
    }

    void check(const fs::path& file, const std::string& link) {
        static const std::regex elsewhere{"^([a-z]+:|//)", std::regex::icase};
        if (link.empty() || std::regex_search(link, elsewhere)) return;
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
