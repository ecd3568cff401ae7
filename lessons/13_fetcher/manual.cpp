#include "manual.hpp"

#include "about.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace ladder::fetcher {

namespace {

using description = option_parser::description;

/// "-q" and "--quiet" of "-q,--quiet".
std::vector<std::string> names_of(const description& o) {
    std::vector<std::string> names;
    std::string_view rest = o.names;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        names.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return names;
}

bool is_option(const description& o) {
    return o.names.starts_with('-');
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += by.size())
        text.replace(at, what.size(), by);
    return text;
}

// --- man

/// As roff(7) reads it.
std::string roff(std::string_view text) {
    std::string safe = replaced(std::string{text}, "\\", "\\e");
    safe = replaced(safe, "-", "\\-");
    safe = replaced(safe, "'", "\\(aq");
    return safe.starts_with('.') ? "\\&" + safe : safe;
}

std::string man_page(const option_list& options) {
    std::string text = ".TH FETCHER 1 \"\" \"The Concurrency Ladder\" \"User Commands\"\n"
                       ".SH NAME\nfetcher \\- " +
                       roff(purpose) + "\n.SH SYNOPSIS\n";
    text += ".B fetcher\n[\\fIOPTION\\fR]... [\\fIURL\\fR]...\n";
    for (const auto& [name, what] : commands)
        text +=
            fmt::format(".br\n.B fetcher {}\n[\\fIOPTION\\fR]... \\fIDIR\\fR\n", name);
    text += ".SH DESCRIPTION\n"
            "Prints one line of JSON for each URL, or saves the pages and these lines in "
            "a folder. That folder is a job: it goes on after anything.\n"
            ".SH COMMANDS\n";
    for (const auto& [name, what] : commands)
        text += fmt::format(".TP\n.B {} \\fIDIR\\fR\n{}\n", name, roff(what));
    text += ".SH OPTIONS\n";
    std::vector<std::string> seen;
    for (const auto& first : options) {
        if (std::ranges::find(seen, first.group) != seen.end()) continue;
        seen.push_back(first.group);
        if (!first.group.empty()) text += ".SS " + roff(first.group) + '\n';
        for (const auto& o : options) {
            if (o.group != first.group) continue;
            std::string names;
            for (const std::string& name : names_of(o))
                names += (names.empty() ? "\\fB" : "\\fR, \\fB") + roff(name);
            text += ".TP\n" + names + "\\fR";
            if (!o.value.empty()) text += " \\fI" + roff(o.value) + "\\fR";
            text += '\n' + roff(o.what);
            if (!o.standing.empty()) text += " (without it: " + roff(o.standing) + ")";
            text += '\n';
        }
    }
    text += ".SH EXIT STATUS\n" + roff(exit_status) +
            "\n.SH FILES\nOf a job: \\fIjob.json\\fR the options, \\fIlist\\fR the URLs, "
            "\\fIresults.jsonl\\fR one line for each URL, \\fIpages\\fR what was saved.\n"
            ".SH BUGS\n" +
            roff(not_here) + "\n.SH SEE ALSO\n.BR curl (1)\n";
    return text;
}

// --- shells

std::string command_names() {
    std::string names;
    for (const auto& [name, what] : commands)
        names += (names.empty() ? "" : " ") + std::string{name};
    return names;
}

std::string words_of(const description& o) {
    std::string words;
    for (const std::string& word : o.words)
        words += (words.empty() ? "" : " ") + word;
    return words;
}

std::string joined_names(const description& o, std::string_view between) {
    std::string names;
    for (const std::string& name : names_of(o))
        names += (names.empty() ? "" : std::string{between}) + name;
    return names;
}

std::string for_bash(const option_list& options) {
    std::string files, folders, others, words, all = "--help";
    for (const description& o : options) {
        if (!is_option(o)) continue;
        all += ' ' + joined_names(o, " ");
        const std::string names = joined_names(o, "|");
        const auto add = [&](std::string& to) { to += (to.empty() ? "" : "|") + names; };
        if (!o.words.empty())
            words += fmt::format(
                "        {})\n            mapfile -t COMPREPLY < <(compgen -W "
                "'{}' -- \"$word\")\n            return ;;\n",
                names, words_of(o));
        else if (o.value == "FILE")
            add(files);
        else if (o.value == "DIR")
            add(folders);
        else if (!o.value.empty())
            add(others);
    }
    return fmt::format(R"(# bash completion of fetcher
_fetcher() {{
    local word=${{COMP_WORDS[COMP_CWORD]}}
    COMPREPLY=()
    case ${{COMP_WORDS[COMP_CWORD - 1]}} in
        {})
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return ;;
        {})
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -d -- "$word")
            return ;;
{}        {}) return ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '{}' -- "$word")
    elif ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W '{}' -- "$word")
    elif [[ ' {} ' == *" ${{COMP_WORDS[1]}} "* ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
    fi
}}
complete -F _fetcher fetcher
)",
                       files, folders, words, others, all, command_names(),
                       command_names());
}

/// In single quotes, inside the brackets of a specification of `_arguments`.
std::string zsh_text(std::string_view text) {
    std::string safe = replaced(std::string{text}, "\\", "\\\\");
    for (const char* special : {"[", "]", ":"})
        safe = replaced(safe, special, std::string{"\\"} + special);
    return replaced(safe, "'", "'\\''");
}

std::string for_zsh(const option_list& options) {
    std::string specifications;
    for (const description& o : options) {
        if (!is_option(o)) continue;
        const auto names = names_of(o);
        std::string action;
        if (!o.words.empty())
            action = fmt::format(":{}:({})", o.value, words_of(o));
        else if (o.value == "FILE")
            action = ":file:_files";
        else if (o.value == "DIR")
            action = ":folder:_files -/";
        else if (!o.value.empty())
            action = fmt::format(":{}: ", zsh_text(o.value));
        const std::string which =
            names.size() == 1 ? names[0] : fmt::format("'{{{}}}'", joined_names(o, ","));
        specifications +=
            fmt::format("    '*{}[{}]{}' \\\n", which, zsh_text(o.what), action);
    }
    std::string described;
    for (const auto& [name, what] : commands)
        described += fmt::format(" '{}:{}'", name, zsh_text(what));
    return fmt::format(R"(#compdef fetcher
# zsh completion of fetcher
local -a commands
commands=({} )
if (( CURRENT > 2 )) && [[ " {} " == *" $words[2] "* ]]; then
    _files -/
    return
fi
(( CURRENT == 2 )) && [[ $words[2] != -* ]] && _describe command commands
_arguments \
{}    '--help[how it is used]' \
    '*:URL: '
)",
                       described, command_names(), specifications);
}

std::string fish_text(std::string_view text) {
    return replaced(replaced(std::string{text}, "\\", "\\\\"), "'", "\\'");
}

std::string for_fish(const option_list& options) {
    std::string text = "# fish completion of fetcher\ncomplete -c fetcher -f\n";
    for (const auto& [name, what] : commands)
        text +=
            fmt::format("complete -c fetcher -n __fish_use_subcommand -a {} -d '{}'\n",
                        name, fish_text(what));
    text += fmt::format("complete -c fetcher -n '__fish_seen_subcommand_from {}' -xa "
                        "'(__fish_complete_directories)'\n"
                        "complete -c fetcher -l help -d 'how it is used'\n",
                        command_names());
    for (const description& o : options) {
        if (!is_option(o)) continue;
        std::string line = "complete -c fetcher";
        for (const std::string& name : names_of(o))
            line += name.starts_with("--") ? " -l " + name.substr(2)
                                           : " -s " + name.substr(1);
        if (!o.words.empty())
            line += fmt::format(" -xa '{}'", words_of(o));
        else if (o.value == "FILE")
            line += " -rF";
        else if (o.value == "DIR")
            line += " -xa '(__fish_complete_directories)'";
        else if (!o.value.empty())
            line += " -x";
        text += line + fmt::format(" -d '{}'\n", fish_text(o.what));
    }
    return text;
}

} // namespace

std::optional<std::string> manual(const option_list& options, std::string_view word) {
    if (word == "man") return man_page(options);
    if (word == "bash") return for_bash(options);
    if (word == "zsh") return for_zsh(options);
    if (word == "fish") return for_fish(options);
    return {};
}

} // namespace ladder::fetcher
