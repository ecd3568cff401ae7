# awk -f docs/page.awk PAGE.md, run in the project's root: the page as Doxygen wants it.
#
# The pages are written for a code-hosting site. This is what Doxygen reads otherwise:
# - every heading gets the anchor that the site gives it, behind the name of its page,
#   so that links to `README.md#a-heading` work and links from elsewhere stay valid;
# - a link to a page leads to its HTML, a link to a source file to its listing, and a
#   link to what is not part of the documentation (a solution) becomes its text;
# - <details> may hold paragraphs and code;
# - comments vanish;
# - the exercises become pages beneath their rung, the rest pages beneath the main page.
# No line moves, so a warning names the right one.

# The folder of a path, with its slash.
function folder_of(path) { sub(/[^\/]*$/, "", path); return path }

# The path of a link, from the root of the project.
function resolve(target,    path) {
    path = folder target
    sub(/^\.\//, "", path)
    while (sub(/\/\.\//, "/", path)) {}
    while (path ~ /\.\.\//) {
        if (!sub(/[^\/]+\/\.\.\//, "", path)) break
    }
    return path
}

# The name of the page that is made from a file; empty when none is.
function page_name(path,    part) {
    if (path == "README.md") return "index"
    split(path, part, "/")
    if (path ~ /^lessons\/[^\/]+\/README\.md$/) return "rung_" part[2]
    if (path ~ /^exercises\/[^\/]+\/[^\/]+\/README\.md$/) return "exercise_" part[2] "_" part[3]
    if (path == "runner/README.md") return "runner"
    if (path == "CONTRIBUTING.md") return "contributing"
    if (path ~ /^docs\/[^\/]+\.md$/) { sub(/\.md$/, "", part[2]); return part[2] }
    return ""
}

function exists(path,    line, is_there) {
    is_there = (getline line < path) >= 0
    if (is_there) close(path)
    return is_there
}

# What a code-hosting site makes of a heading.
function slug(heading) {
    heading = tolower(heading)
    gsub(/[^a-z0-9 _-]/, "", heading)
    gsub(/ /, "-", heading)
    return heading
}

function html(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/"/, "\\&quot;", text)
    return text
}

# [text](target) or ![text](target) as it stands, with `text` and `target` taken from it.
function link(whole, text, target,    path, anchor, name, lines) {
    if (target ~ /^[a-z]+:/) return whole
    anchor = target ~ /#/ ? target : ""
    sub(/^[^#]*#/, "", anchor)
    sub(/#.*$/, "", target)
    path = target == "" ? file : resolve(target)
    if (whole ~ /^!/)
        return "@htmlonly<img src=\"" html(path) "\" alt=\"" html(text) "\"/>@endhtmlonly"
    name = page_name(path)
    if (name == "") { # a folder stands for the page in it
        sub(/\/$/, "", path)
        name = page_name(path "/README.md")
        if (name != "") path = path "/README.md"
    }
    if (name != "" && exists(path))
        return "<a href=\"" name ".html" (anchor == "" ? "" : "#" name "_" anchor) "\">" text "</a>"
    if (path ~ /^lessons\/[^\/]+\/[^\/]+\.[ch]pp$/ && exists(path)) {
        lines = text ~ /\n/ ? "\n" : ""
        if (text ~ /^`.*`$/) {
            gsub(/`/, "", text)
            return "<code>@ref " path " \"" text "\"</code>" lines
        }
        gsub(/[`"\n]/, " ", text)
        return "@ref " path " \"" text "\"" lines
    }
    return text
}

# Prose: everything between two blocks of code.
function prose(text,    done, before, whole, middle) {
    while (match(text, /!?\[[^][]*\]\([^() \n]*\)/)) {
        before = substr(text, 1, RSTART - 1)
        whole = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        done = done before
        if (gsub(/`/, "`", before) % 2 == 1) { # it stands within `code`
            done = done whole
            continue
        }
        middle = index(whole, "](")
        done = done link(whole, substr(whole, index(whole, "[") + 1, middle - index(whole, "[") - 1),
            substr(whole, middle + 2, length(whole) - middle - 2))
    }
    return done text
}

# <details> and what belongs to it, as HTML that Doxygen leaves alone.
function fold(text,    done, tag) {
    while (match(text, /<\/?details>|<summary>[^\n]*<\/summary>/)) {
        tag = substr(text, RSTART, RLENGTH)
        done = done substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        while (match(tag, /`[^`]*`/))
            tag = substr(tag, 1, RSTART - 1) "<code>" substr(tag, RSTART + 1, RLENGTH - 2) \
                "</code>" substr(tag, RSTART + RLENGTH)
        done = done "@htmlonly[block]" tag "@endhtmlonly"
    }
    return done text
}

function flush() {
    printf "%s", fold(prose(pending))
    pending = ""
}

NR == 1 {
    file = FILENAME # from the root, too
    if (index(file, ENVIRON["LADDER_ROOT"] "/") == 1)
        file = substr(file, length(ENVIRON["LADDER_ROOT"]) + 2)
    name = page_name(file)
    folder = folder_of(file)
}

/^ *(```|~~~)/ { flush(); is_code = !is_code; print; next }
is_code { print; next }

/^<!--.*-->$/ { pending = pending "\n"; next }

/^#+ / {
    heading = $0
    sub(/^#+ /, "", heading)
    if (!seen_title++) {
        if (name == "index") pending = pending $0 "\n"
        else pending = pending $0 " {#" name "}\n"
        wants_contents = file ~ /^lessons|CONTRIBUTING/
        next
    }
    anchor = slug(heading)
    if (count[anchor]++) anchor = anchor "-" count[anchor] - 1
    pending = pending $0 " {#" name "_" anchor "}\n"
    next
}

wants_contents && /^$/ { pending = pending "[TOC]"; wants_contents = 0 }

{ pending = pending $0 "\n" }

END {
    flush()
    if (name == "index")
        list = "ls -d lessons/*/README.md; ls -d runner/README.md docs/*.md CONTRIBUTING.md"
    else if (file ~ /^lessons\//)
        list = "ls -d exercises/" substr(name, 6) "/*/README.md"
    if (list == "") exit
    list = "{ " list "; } 2>/dev/null"
    print "\n@htmlonly[block]<div hidden>@endhtmlonly"
    while ((list | getline path) > 0)
        print "- @subpage " page_name(path)
    print "\n@htmlonly[block]</div>@endhtmlonly"
}
