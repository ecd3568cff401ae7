# awk -f docs/names.awk -f docs/navigation.awk PAGE.md..., run in the project's root: the
# menu of all pages, as HTML. Doxygen puts the way to the page's folder for "$relpath^".

function item(path, label) {
    return "<a href=\"$relpath^" page_name(path) ".html\">" html(label) "</a>"
}

function group(title, items) {
    printf "<h2>%s</h2>\n<ul>\n%s</ul>\n", title, items
}

BEGIN {
    for (i = 1; i < ARGC; ++i) {
        path = ARGV[i]
        if (path ~ /^lessons\//) {
            lessons = lessons "<li>" item(path, title_of(path))
            count = exercises_of(path, exercises)
            if (count) lessons = lessons "\n<ul>\n"
            for (k = 1; k <= count; ++k)
                lessons = lessons "<li>" item(exercises[k], title_of(exercises[k])) "</li>\n"
            lessons = lessons (count ? "</ul>" : "") "</li>\n"
        } else if (path !~ /^exercises\// && path != "README.md") {
            others = others "<li>" item(path, title_of(path)) "</li>\n"
        }
    }
    group("Lessons", lessons)
    group("More pages", others)
    group("Reference", "<li><a href=\"$relpath^annotated.html\">Classes</a></li>\n" \
        "<li><a href=\"$relpath^namespaces.html\">Namespaces</a></li>\n" \
        "<li><a href=\"$relpath^files.html\">Sources</a></li>\n")
}
