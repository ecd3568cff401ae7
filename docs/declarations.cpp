#include "declarations.hpp"

#include "html_text.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>
#include <vector>

namespace ladder::docs {

namespace {

constexpr std::string_view workbench = "00_workbench";

/// What stands in <name>…</name>; empty if the line has no such element.
std::string element(std::string_view line, const std::string& name) {
    const auto begin = line.find('<' + name + '>'), end = line.find("</" + name + '>');
    if (begin == line.npos || end == line.npos) return {};
    return text_of(line.substr(begin + name.size() + 2, end - begin - name.size() - 2));
}

std::string attribute(std::string_view line, const std::string& name) {
    const auto begin = line.find(name + "=\"");
    if (begin == line.npos) return {};
    const auto value = line.substr(begin + name.size() + 2);
    return std::string{value.substr(0, value.find('"'))};
}

/// "01_serial" of "/anywhere/lessons/01_serial/serial.hpp"; empty if it is none.
std::string rung_of(std::string_view path) {
    constexpr std::string_view folder = "lessons/";
    const auto at = path.rfind(folder);
    if (at == path.npos) return {};
    const auto rung = path.substr(at + folder.size());
    return std::string{rung.substr(0, rung.find('/'))};
}

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// The namespace that a rung's folder stands for.
std::string_view namespace_of(std::string_view rung) {
    return rung.substr(std::min(rung.find('_'), rung.size() - 1) + 1);
}

/// Whether a namespace is that of a rung: "ladder::serial" of 01_serial. The workbench
/// has `ladder` itself, and some below it.
bool belongs(std::string_view scope, std::string_view rung) {
    if (!scope.starts_with("ladder")) return false;
    const auto word =
        scope.substr(std::min(scope.size(), std::string_view{"ladder::"}.size()));
    static const std::set<std::string, std::less<>> of_workbench{
        "", "interleave", "option_value", "timeline"};
    if (rung == workbench) return of_workbench.contains(word);
    return word == namespace_of(rung) || (rung == "10_asio" && word == "asio_callbacks");
}

/// Code with tags, as characters that know whether they are in a comment or a string.
struct code {
    std::string text;              ///< Without tags; entities as characters.
    std::vector<std::string> html; ///< What each character was, and the tags before it.
    std::vector<bool> is_quoted;   ///< In a comment, a string, or for the preprocessor.
    std::string rest;              ///< The tags at the end.
};

code parse(std::string_view fragment) {
    code result;
    std::string tags;
    std::vector<bool> spans; // those around here: is it a quoting one?
    while (!fragment.empty()) {
        std::size_t size = 1;
        if (fragment[0] == '<') {
            size = std::min(fragment.find('>'), fragment.size() - 1) + 1;
            const auto tag = fragment.substr(0, size);
            if (tag.starts_with("<span"))
                spans.push_back(tag.find("comment") != tag.npos ||
                                tag.find("stringliteral") != tag.npos ||
                                tag.find("preprocessor") != tag.npos);
            if (tag == "</span>" && !spans.empty()) spans.pop_back();
            if (tag == "</div>") result.text += '\n';
            if (!tag.starts_with("<a class=\"code") && tag != "</a>") tags += tag;
            if (tag == "</div>") {
                result.html.push_back(std::move(tags));
                result.is_quoted.push_back(false);
                tags.clear();
            }
        } else {
            if (fragment[0] == '&') size = fragment.find(';') + 1;
            const auto piece = fragment.substr(0, size);
            const std::string character = text_of(piece);
            result.text += character.size() == 1 ? character[0] : fragment[0];
            result.html.push_back(std::move(tags) + std::string{piece});
            result.is_quoted.push_back(std::ranges::find(spans, true) != spans.end());
            tags.clear();
        }
        fragment.remove_prefix(size);
    }
    result.rest = std::move(tags);
    return result;
}

/// How a name is used, by what stands around it.
struct use {
    bool is_member, is_call, is_type;
};

use use_of(std::string_view text, std::size_t begin, std::size_t end) {
    static const std::set<std::string, std::less<>> no_types{
        "return",   "const",   "new",    "throw",  "constexpr", "else",
        "inline",   "static",  "struct", "class",  "typename",  "co_return",
        "co_await", "mutable", "friend", "public", "private"};
    const auto last = text.find_last_not_of(" \n", begin - 1);
    const auto before =
        begin == 0 || last == text.npos ? std::string_view{} : text.substr(0, last + 1);
    const auto next = text.find_first_not_of(' ', end);
    const std::string_view after = next == text.npos ? "" : text.substr(next);
    const bool is_member =
        before.ends_with('.') || before.ends_with("->") || before.ends_with("::");
    // `page result`: the second word is a name that is declared here.
    auto word = before.size();
    while (word > 0 && is_word(before[word - 1]))
        --word;
    const auto previous = before.substr(word);
    const bool follows_type = (!previous.empty() && !no_types.contains(previous)) ||
                              before.ends_with('>') || before.ends_with('&') ||
                              before.ends_with('*');
    const bool is_type = !follows_type && !after.empty() &&
                         (is_word(after[0]) || after[0] == '{' || after[0] == '<' ||
                          after[0] == '>' || after[0] == '&' || after[0] == '*' ||
                          (after[0] == ',' && before.ends_with('<')));
    return {is_member, after.starts_with('('), is_type && !after.starts_with("<<")};
}

} // namespace

declarations::declarations(std::string_view tags, const page_reader& read) {
    std::map<std::string, std::string>
        scopes;                              // of a page: the namespace's or class' name
    std::map<std::string, std::string> urls; // of classes
    struct member {
        std::string kind, name, file, anchor, rung;
    };
    std::vector<member> members;
    std::vector<member> in_namespaces; // whose headers newer versions do not say
    std::map<std::string, std::vector<std::string>> listings; // of a rung's headers
    std::map<std::string, std::string> headers;               // of classes: the rung
    std::string kind, name, path, rung;
    bool is_member = false;
    member now;
    std::istringstream lines{std::string{tags}};
    for (std::string line; std::getline(lines, line);) {
        if (line.find("<compound ") != line.npos) {
            kind = attribute(line, "kind");
            name = path = rung = {};
        } else if (line.find("<member ") != line.npos) {
            is_member = true;
            now = {attribute(line, "kind"), {}, {}, {}, rung};
        } else if (line.find("</member>") != line.npos) {
            is_member = false;
            if (kind == "file" && !rung.empty()) members.push_back(now);
            if (kind == "namespace") in_namespaces.push_back(now);
        } else if (is_member) {
            if (auto text = element(line, "name"); !text.empty()) now.name = text;
            if (auto text = element(line, "anchorfile"); !text.empty()) now.file = text;
            if (auto text = element(line, "anchor"); !text.empty()) now.anchor = text;
        } else if (auto text = element(line, "name"); !text.empty()) {
            name = text;
        } else if (auto title = element(line, "title"); !title.empty()) {
            titles_[name + ".html"] = title;
        } else if (auto folder = element(line, "path"); !folder.empty()) {
            path =
                rung_of(folder).empty() ? "" : "lessons/" + rung_of(folder) + "/" + name;
            if (name.ends_with(".hpp")) rung = rung_of(folder);
        } else if (auto file = element(line, "filename"); !file.empty()) {
            if (!file.ends_with(".html")) file += ".html";
            const auto listing = file.substr(0, file.size() - 5) + "_source.html";
            if (kind == "file") listings_[path] = listing;
            if (kind == "file" && !rung.empty()) listings[rung].push_back(listing);
            if (kind != "file" && kind != "page") scopes[file] = name;
            if (kind == "class" || kind == "struct" || kind == "concept")
                urls[name] = file;
        } else if (kind == "file" && !rung.empty() &&
                   (line.find("<class ") != line.npos ||
                    line.find("<concept") != line.npos)) {
            const auto begin = line.find('>') + 1;
            headers[text_of(line.substr(begin, line.rfind('<') - begin))] = rung;
        }
    }
    // Then a listing says it: what a header names in its own rung is declared in one.
    for (const auto& [folder, files] : listings) {
        std::string text;
        for (const std::string& file : files)
            text += read(file);
        for (const member& each : in_namespaces) {
            const auto scope = scopes.find(each.file);
            if (scope == scopes.end() || !belongs(scope->second, folder)) continue;
            if (text.find(each.file + '#' + each.anchor) == text.npos) continue;
            members.push_back(each);
            members.back().rung = folder;
        }
    }
    for (const auto& [type, url] : urls)
        if (const auto header = headers.find(type); header != headers.end()) {
            const auto outer = type.substr(0, type.rfind("::"));
            places_[type] = {url, header->second, true, !urls.contains(outer)};
        }
    for (const member& each : members) {
        const auto scope = scopes.find(each.file);
        const bool is_type = each.kind == "typedef" || each.kind == "enumeration";
        if (scope == scopes.end() || (!is_type && each.kind != "function")) continue;
        places_.try_emplace(scope->second + "::" + each.name,
                            place{each.file + "#" + each.anchor, each.rung, is_type,
                                  !urls.contains(scope->second)});
    }
}

const declarations::place* declarations::find(std::string_view name,
                                              std::string_view rung) const {
    const auto at = [&](std::string_view scope) -> const place* {
        const auto found = places_.find(std::string{scope} + std::string{name});
        return found == places_.end() ? nullptr : &found->second;
    };
    const std::string own = "ladder::" + std::string{namespace_of(rung)} + "::";
    for (const std::string& scope : {own, std::string{"ladder::"}, std::string{}}) {
        const place* const found = at(scope);
        if (found == nullptr) continue;
        const bool spelled = name.find("::") != name.npos;
        if (spelled || found->rung == rung || found->rung == workbench) return found;
    }
    return nullptr;
}

std::string declarations::linked(std::string_view fragment,
                                 std::string_view source) const {
    code all = parse(fragment);
    const std::string rung = rung_of(source);
    const std::string& text = all.text;
    for (std::size_t begin = 0; !rung.empty() && begin < text.size(); ++begin) {
        if (!is_word(text[begin]) || all.is_quoted[begin]) continue;
        auto end = begin; // a name with its scopes: a::b::c
        while (end < text.size() && (is_word(text[end]) ||
                                     (text.compare(end, 2, "::") == 0 &&
                                      end + 2 < text.size() && is_word(text[end + 2])) ||
                                     (text[end] == ':' && text[end - 1] == ':')))
            ++end;
        const auto name = std::string_view{text}.substr(begin, end - begin);
        const use how = use_of(text, begin, end);
        const place* const found = how.is_member ? nullptr : find(name, rung);
        if (found != nullptr &&
            (found->is_type ? how.is_type || how.is_call : how.is_call)) {
            // Tags that stand before the name, such as the line's <div>, stay outside.
            std::string& first = all.html[begin];
            first.insert(first.size() - 1,
                         "<a class=\"code\" href=\"" + found->url + "\">");
            all.html[end - 1] += "</a>";
        }
        begin = end;
    }
    std::string result;
    for (const std::string& each : all.html)
        result += each;
    return result + all.rest;
}

std::string declarations::listing_of(const std::string& path) const {
    const auto found = listings_.find(path);
    return found == listings_.end() ? std::string{} : found->second;
}

const std::string* declarations::title_of_page(const std::string& file) const {
    const auto found = titles_.find(file);
    return found == titles_.end() ? nullptr : &found->second;
}

} // namespace ladder::docs
