# awk -f docs/names.awk -f docs/write_ends.awk PAGE.md, run in the project's root: the page,
# with the end that it should have, behind the line <!-- pages -->. That is for those who
# read it on a code-hosting site: what to type, and where the neighbours are. In the
# documentation page.awk makes it.

function lesson_end(    i, count, list, path) {
    list = "ls -d lessons/*/README.md"
    while ((list | getline path) > 0) order[++count] = path
    for (i = 1; i <= count && order[i] != file; ++i) {}
    if (i > 1) printf "[← %s](../../%s) · ", title_of(order[i - 1]), order[i - 1]
    printf "[the whole ladder](../../README.md#the-rungs)"
    if (i < count) printf " · [%s →](../../%s)", title_of(order[i + 1]), order[i + 1]
    print ""
}

function exercise_end(    folder, part, lesson, count, found, i) {
    folder = folder_of(file)
    split(file, part, "/")
    print at_work(file) "\n"
    lesson = "lessons/" part[2] "/README.md"
    count = exercises_of(lesson, found)
    for (i = 1; i <= count && found[i] != file; ++i) {}
    printf "[← %s](../../../%s) · [all hints at once](hints.md)", title_of(lesson), lesson
    if (i < count) printf " · [%s →](../../../%s)", title_of(found[i + 1]), found[i + 1]
    print ""
}

NR == 1 { file = FILENAME }
/^<!-- pages -->$/ { exit }
/^$/ { blank = blank "\n"; next } # those at the end go
{ printf "%s", blank; blank = ""; print }

END {
    print "\n<!-- pages -->\n\n---\n"
    if (file ~ /^lessons\//) lesson_end()
    else exercise_end()
}
