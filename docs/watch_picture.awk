# awk -f watch_picture.awk -v columns=N -v rows=N FRAMES: an SVG that shows one screen after
# the other, for ever. A line "@SECONDS" begins a screen; its lines have colours as a
# terminal writes them (ECMA-48 "SGR"; here: bold, faint, and the eight colours).

function escape(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    return text
}

function sgr(codes,    code, count, i) {
    count = split(codes, code, ";")
    if (count == 0) look = ""
    for (i = 1; i <= count; ++i) {
        if (code[i] == "" || code[i] + 0 == 0) look = ""
        else if (code[i] == 1) look = look " b"
        else if (code[i] == 2) look = look " d"
        else if (code[i] >= 30 && code[i] <= 37) look = look " c" (code[i] - 30)
        else if (code[i] >= 90 && code[i] <= 97) look = look " c" (code[i] - 90)
        else if (code[i] == 39) gsub(/ c[0-9]/, "", look)
        else if (code[i] == 22) gsub(/ [bd]/, "", look)
    }
}

# A run of signs that look alike.
function run(text) {
    if (text == "") return ""
    return look == "" ? escape(text) : "<tspan class=\"" substr(look, 2) "\">" escape(text) "</tspan>"
}

function row(line,    done) {
    while (match(line, /\033\[[0-9;]*m/)) {
        done = done run(substr(line, 1, RSTART - 1))
        codes = substr(line, RSTART + 2, RLENGTH - 3)
        line = substr(line, RSTART + RLENGTH)
        sgr(codes)
    }
    gsub(/\033\(B|\017/, "", line)
    return done run(line)
}

/^@/ { ++frames; lasts[frames] = substr($0, 2); total += lasts[frames]; at = 0; look = ""; next }
{
    ++at
    text = row($0)
    if (text ~ /[^ ]/)
        screen[frames] = screen[frames] sprintf("<text x=\"18\" y=\"%d\">%s</text>\n", 52 + 18 * at, text)
}

END {
    width = 36 + int(8.43 * columns)
    height = 70 + 18 * rows
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"t d\">\n", width, height
    print "<title id=\"t\">./learn watch, at a terminal</title>"
    print "<desc id=\"d\">An exercise is checked on every save: a check fails and says why, a hint is taken, the answer is saved, and all checks pass.</desc>"
    print "<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d6dde4;white-space:pre}"
    print ".b{font-weight:700}.d{fill:#9aa6b1}.c1{fill:#ff8b80}.c2{fill:#7fd18b}.c3{fill:#f0b45b}.c4{fill:#7fb8f5}.c5{fill:#d9a6da}.c6{fill:#5cc8e0}.c7{fill:#f0f6fc}"
    print "g{opacity:0;animation-duration:" total "s;animation-iteration-count:infinite;animation-timing-function:step-end}"
    for (i = 1; i <= frames; ++i) {
        begin = 100 * before / total
        before += lasts[i]
        end = 100 * before / total
        printf "#f%d{animation-name:f%d}@keyframes f%d{0%%{opacity:%d}", i, i, i, i == 1
        if (i > 1) printf "%.2f%%{opacity:1}", begin
        if (i < frames) printf "%.2f%%{opacity:0}", end
        printf "100%%{opacity:%d}}\n", i == frames
    }
    # For those who want no motion: the last screen, which says the most.
    printf "@media(prefers-reduced-motion:reduce){g{animation:none}#f%d{opacity:1}}</style>\n", frames
    printf "<rect width=\"%d\" height=\"%d\" rx=\"10\" fill=\"#16181b\"/>\n", width, height
    print "<circle cx=\"24\" cy=\"22\" r=\"6\" fill=\"#ff8b80\"/><circle cx=\"44\" cy=\"22\" r=\"6\" fill=\"#f0b45b\"/><circle cx=\"64\" cy=\"22\" r=\"6\" fill=\"#7fd18b\"/>"
    for (i = 1; i <= frames; ++i) printf "<g id=\"f%d\">\n%s</g>\n", i, screen[i]
    print "</svg>"
}
