# awk -f docs/names.awk -f docs/page.awk PAGE.md, run in the project's root: the page as
# Doxygen wants it.
#
# The pages are written for a code-hosting site. This is what Doxygen reads otherwise:
# - every heading gets the anchor that the site gives it, behind the name of its page,
#   so that links to `README.md#a-heading` work and links from elsewhere stay valid;
# - a link to a page leads to its HTML, a link to a source file to its listing, and a
#   link to what is not part of the documentation (a solution) becomes its text;
# - <details> may hold paragraphs and code;
# - [label] becomes the link that `[label]: URL` defines, and "rung 05" one to the lesson;
# - `--option` stays as it is, and so does a `|` of code in a table;
# - marks between quotes, bold that begins with code, and code with a quote are drawn, too;
# - comments vanish, and so do badges and the links to other pages at the end;
# - a lesson ends with its exercises and its neighbours, an exercise with its hints, folded,
#   and the way back.
# No line moves, so a warning names the right one.

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

# What a code-hosting site makes of a heading.
function slug(heading) {
    heading = tolower(heading)
    gsub(/[^a-z0-9 _-]/, "", heading)
    gsub(/ /, "-", heading)
    return heading
}

# [text](target) or ![text](target) as it stands, with `text` and `target` taken from it.
function link(whole, text, target,    path, anchor, name, lines) {
    if (target ~ /^[a-z]+:/) return whole
    anchor = target ~ /#/ ? target : ""
    sub(/^[^#]*#/, "", anchor)
    sub(/#.*$/, "", target)
    path = target == "" ? file : resolve(target)
    if (whole ~ /^!/)
        return "@htmlonly<img loading=\"lazy\" src=\"" html(path) "\" alt=\"" html(text) \
            "\"/>@endhtmlonly"
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

# A piece of prose without links, whose `code` stays as it is.
function words(text,    part, count, i, done, rest, found) {
    count = split(text, part, "`")
    for (i = 1; i <= count; ++i) {
        if (i > 1) { done = done "`"; is_span = !is_span }
        if (is_span) { done = done part[i]; continue }
        rest = part[i]
        while (match(rest, /\[[^][]+\]|[rR]ung [0-9][0-9]|(^|[ (])--[a-z]/)) {
            found = substr(rest, RSTART, RLENGTH)
            done = done substr(rest, 1, RSTART - 1)
            rest = substr(rest, RSTART + RLENGTH)
            done = done word(found)
        }
        done = done rest
    }
    return done
}

# What stands for a word: a defined label, a rung, an option.
function word(text,    number, label) {
    if (text ~ /^\[/) {
        if (!(text in defined)) return text
        label = substr(text, 2, length(text) - 2)
        if (match(label, /\*\*[^*]+\*\*/))
            label = substr(label, 1, RSTART - 1) "<b>" substr(label, RSTART + 2, RLENGTH - 4) \
                "</b>" substr(label, RSTART + RLENGTH)
        return "<a href=\"" defined[text] "\">" label "</a>"
    }
    if (text ~ /--/) {
        sub(/--/, "\\\\--", text)
        return text
    }
    number = substr(text, 6)
    if (!(number in lessons) || lessons[number] == file || linked[section, number]++)
        return text
    return "<a href=\"" page_name(lessons[number]) ".html\">" text "</a>"
}

# Prose: everything between two blocks of code.
function prose(text,    done, before, whole, middle, label) {
    is_span = 0
    while (match(text, /!?\[[^][]*\]\([^() \n]*\)|\[`[^`\n]*`\]/)) {
        before = substr(text, 1, RSTART - 1)
        whole = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        done = done words(before)
        if (is_span) {
            done = done words(whole)
        } else if (whole ~ /`\]$/) {
            label = substr(whole, 3, length(whole) - 4)
            done = done (whole in defined ? "<a href=\"" defined[whole] "\"><code>" \
                html(label) "</code></a>" : whole)
        } else {
            middle = index(whole, "](")
            done = done link(whole,
                substr(whole, index(whole, "[") + 1, middle - index(whole, "[") - 1),
                substr(whole, middle + 2, length(whole) - middle - 2))
        }
    }
    return done words(text)
}

# A row of a table, in which a bar within `code` is escaped.
function row(line,    done, span) {
    while (match(line, /`[^`]*`/)) {
        span = substr(line, RSTART, RLENGTH)
        done = done substr(line, 1, RSTART - 1)
        line = substr(line, RSTART + RLENGTH)
        if (span ~ /\\\|/) {
            span = "<code>" html(substr(span, 2, length(span) - 2)) "</code>"
            gsub(/\\\|/, "\\&#124;", span)
        }
        done = done span
    }
    return done line
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

# `code` as HTML; what Doxygen would take for a command, or for a dash, is escaped.
function code_span(text) {
    text = html(text)
    gsub(/[\\@#%$]/, "\\\\&", text)
    gsub(/--/, "\\--", text)
    gsub(/:\/\//, ":<b></b>//", text) # or it would be a link
    return "<code>" text "</code>"
}

# Marks that Doxygen reads otherwise than a code-hosting site: **bold** that begins with a
# quote or with code, marks between quotes, and code that has a quote in it.
function marks(text,    done, found, is_bold) {
    while (match(text, /`[^`]*`|\*\*|"[^"]*"|<[^>]*>|@ref [^"]*"[^"]*"/)) {
        found = substr(text, RSTART, RLENGTH)
        done = done substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        if (found == "**") {
            is_bold = !is_bold
            found = is_bold ? "<b>" : "</b>"
        } else if (found ~ /^`/ && (found ~ /'/ || done ~ /<b>$/)) {
            found = code_span(substr(found, 2, length(found) - 2))
        } else if (found ~ /^".*[`*]/) { # it reads no marks there
            text = substr(found, 2, length(found) - 2) "&quot;" text
            found = "&quot;"
        }
        done = done found
    }
    return done text
}

function flush() {
    printf "%s", fold(marks(prose(pending)))
    pending = ""
}

# Reads ahead: the links that are defined at the end of the page.
function read_definitions(    line, end, ahead) {
    ahead = "cat '" FILENAME "'"
    while ((ahead | getline line) > 0)
        if (line ~ /^\[[^]]+\]: http/) {
            end = index(line, "]: ")
            defined[substr(line, 1, end)] = substr(line, end + 3)
        }
}

# A link in HTML to the page made from a file.
function to(path, text) { return "<a href=\"" page_name(path) ".html\">" text "</a>" }

function as_html(text) { print "@htmlonly[block]" text "@endhtmlonly" }

function turn(before, after) {
    as_html("<nav class=\"turn\" aria-label=\"Previous and next\">" \
        (before == "" ? "<span></span>" : to(before, "← " html(title_of(before)))) \
        (after == "" ? "" : to(after, html(title_of(after)) " →")) "</nav>")
}

# What comes after a lesson: its exercises, and its neighbours.
function end_lesson(    i, count, found, label) {
    count = exercises_of(file, found)
    if (count) as_html("<section class=\"todo\"><h1>Your turn</h1><ul>")
    for (i = 1; i <= count; ++i) {
        label = found[i]
        sub(/\/README\.md$/, "", label)
        sub(/.*\//, "", label)
        as_html("<li>" to(found[i], html(title_of(found[i]))) \
            "<br/><code>./learn watch " label "</code></li>")
    }
    if (count) as_html("</ul></section>")
    for (i = 1; i <= lesson_count && order[i] != file; ++i) {}
    turn(order[i - 1], order[i + 1])
}

# What comes after an exercise: what to type, its hints, one by one, and the way back.
function end_exercise(    rung, i, count, found, line, hints, is_open, is_block) {
    print "## Work on it {#" name "_work-on-it}\n\n" at_work(file) "\n"
    hints = folder "hints.md"
    while ((getline line < hints) > 0) {
        if (line ~ /^```/) is_block = !is_block
        if (!is_block && line ~ /^# /) print "\n## Hints {#" name "_hints}\n"
        else if (!is_block && line ~ /^## /) {
            if (is_open) as_html("</details>")
            as_html("<details><summary>Hint " substr(line, 4) "</summary>")
            is_open = 1
        } else if (is_block || line ~ /^```/) print line
        else { is_span = 0; print marks(words(line)) }
    }
    if (is_open) as_html("</details>")
    rung = substr(file, 11)
    rung = "lessons/" substr(rung, 1, index(rung, "/")) "README.md"
    count = exercises_of(rung, found)
    for (i = 1; i <= count && found[i] != file; ++i) {}
    turn(rung, found[i + 1])
}

NR == 1 {
    file = FILENAME # from the root, too
    if (index(file, ENVIRON["LADDER_ROOT"] "/") == 1)
        file = substr(file, length(ENVIRON["LADDER_ROOT"]) + 2)
    name = page_name(file)
    folder = folder_of(file)
    read_definitions()
    list = "ls -d lessons/*/README.md"
    while ((list | getline path) > 0) {
        order[++lesson_count] = path
        lessons[substr(path, 9, 2)] = path
    }
}

is_over { next }

/^ *(```|~~~)/ { flush(); is_code = !is_code; print; next }
is_code { print; next }

/^<!-- pages -->$/ { is_over = 1 } # the links to the other pages, which come from here
/^\[!\[|^\[[^]]+\]: http/ { pending = pending "\n"; next }
/^<!-- snippet: [^#]*#.* -->$/ { # where the code is from: for finish_pages
    from = $3
    sub(/#.*/, "", from)
    pending = pending "@htmlonly[block]<div class=\"snippet\" data-from=\"" from \
        "\"></div>@endhtmlonly\n"
    next
}
/^<!--.*-->$/ { pending = pending "\n"; next }

/^#+ / {
    heading = $0
    sub(/^#+ /, "", heading)
    flush()
    if (!seen_title++) {
        print $0 (name == "index" ? "" : " {#" name "}")
        next
    }
    section = anchor = slug(heading)
    if (count[anchor]++) anchor = anchor "-" count[anchor] - 1
    print $0 " {#" name "_" anchor "}"
    next
}

/^\|/ { pending = pending row($0) "\n"; next }

{ pending = pending $0 "\n" }

END {
    flush()
    print ""
    if (file ~ /^lessons\//) end_lesson()
    if (file ~ /^exercises\//) end_exercise()
}
