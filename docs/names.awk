# What the pages are called, and what belongs to an exercise: for page.awk, navigation.awk
# and write_ends.awk, which run after this file.

# The folder of a path, with its slash.
function folder_of(path) { sub(/[^\/]*$/, "", path); return path }

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

function html(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/"/, "\\&quot;", text)
    return text
}

# The first heading of a page.
function title_of(path,    line) {
    while ((getline line < path) > 0 && line !~ /^# /) {}
    close(path)
    sub(/^# /, "", line)
    return line
}

# Fills `found` with the pages of a lesson's exercises, in the order in which it names
# them; how many there are.
function exercises_of(lesson, found,    line, count, path, seen, rung) {
    count = 0
    rung = folder_of(lesson)
    sub(/^lessons\//, "", rung)
    while ((getline line < lesson) > 0)
        while (match(line, /exercises\/[0-9a-z_]+\/[0-9a-z_]+\/README\.md/)) {
            path = substr(line, RSTART, RLENGTH)
            line = substr(line, RSTART + RLENGTH)
            if (index(path, "exercises/" rung) == 1 && !seen[path]++) found[++count] = path
        }
    close(lesson)
    return count
}

# The files to edit, from exercise.json.
function edited(folder,    line, text) {
    while ((getline line < (folder "exercise.json")) > 0) text = text line
    close(folder "exercise.json")
    if (!match(text, /"edit": *\[[^]]*\]/)) return ""
    text = substr(text, RSTART, RLENGTH)
    sub(/^[^[]*\[ */, "", text)
    sub(/ *\]$/, "", text)
    gsub(/" *, *"/, "` and `" folder, text)
    gsub(/"/, "", text)
    return "`" folder text "`"
}

# What to type for an exercise, as Markdown.
function at_work(path,    part) {
    split(path, part, "/")
    return "Edit " edited(folder_of(path)) ", and type:\n\n```sh\n" \
        "./learn watch " part[3] "   # checks it on every save; to check it once: ./learn check " part[3] \
        "\n./learn hint " part[3] "    # one more hint\n```"
}
