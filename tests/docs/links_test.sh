#!/bin/sh
# links_test.sh CHECK_LINKS: what does check_links find on pages that are wrong on purpose?
set -eu

check=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
status=0

# finds "what it is" TEXT WHAT: check_links says TEXT of WHAT, and fails; '' is for nothing.
finds() {
    if "$check" "$3" >"$folder/said"; then failed=no; else failed=yes; fi
    if { [ -z "$2" ] && [ $failed = no ]; } ||
        { [ -n "$2" ] && [ $failed = yes ] && grep -qF -- "$2" "$folder/said"; }; then
        echo "ok    $1"
    else
        echo "FAIL  $1; it said:"
        cat "$folder/said"
        status=1
    fi
}

# code "what it is" TEXT LINK: on the page of rung 06, in code from that rung's source.
code() {
    mkdir -p "$folder/html"
    echo '<h1 class="title">ladder::page Struct Reference</h1>' \
        >"$folder/html/structladder_1_1page.html"
    echo '<a id="a1"></a><h2><span><a href="#a1">x</a></span>fetch()</h2>' \
        >"$folder/html/namespaceladder_1_1serial.html"
    echo '<a id="a2"></a>' >"$folder/html/serial_8cpp.html"
    echo "<p class=\"from\"><a href=\"serial_8cpp.html\">lessons/06_thread_pool/x.cpp</a></p>
<div class=\"fragment\">$3</div>" >"$folder/html/rung_06_thread_pool.html"
    finds "$1" "$2" "$folder/html"
}
code 'a type of the workbench' '' '<a class="code" href="structladder_1_1page.html">page</a>'
code 'another rung, by its name' '' \
    '<a class="code" href="namespaceladder_1_1serial.html#a1">serial::fetch</a>'
code 'another rung, without its name' 'that is of serial' \
    '<a class="code" href="namespaceladder_1_1serial.html#a1">fetch</a>'
code 'what has another name' 'that declares page' \
    '<a class="code" href="structladder_1_1page.html">pages</a>'
code 'a variable of some source' 'that is no declaration' \
    '<a class="code hl_variable" href="serial_8cpp.html#a2">page</a>'
code 'a word that nobody made a link' 'nobody has written it' \
    '<a class="el" href="namespaceladder_1_1serial.html#a1" title="x">fetch()</a>'
code 'a place that is not there' 'there is no such place' \
    '<a class="code" href="namespaceladder_1_1serial.html#a9">serial::fetch</a>'

# prose "what it is" TEXT HTML: on a lesson's page.
prose() {
    echo "<main><a href=\"rung_06_thread_pool.html\">here</a> $3</main>" \
        >"$folder/html/rung_06_thread_pool.html"
    finds "$1" "$2" "$folder/html"
}
prose 'code, and a product' '' '<code>a * b, `x`, --option</code> 3 × 4 – five'
prose 'code in quotes' 'not drawn' 'it says "call `close`" first'
prose 'bold that is not bold' 'not drawn' '**<code>map</code>, once.** It'
prose 'emphasis that is none' 'not drawn' '"one list of *all* sockets"'
prose 'a tag that is text' 'not drawn' '"call &lt;code&gt;close&lt;/code&gt;"'
prose 'an option with a dash' 'not drawn' 'with –json it is'

# page "what it is" TEXT MARKDOWN
page() {
    printf '# A page\n\n[itself](#a-page)\n\n%b\n' "$3" >"$folder/page.md"
    finds "$1" "$2" "$folder/page.md"
}
page 'a page that is right' '' '<details><summary>A</summary>\n\nText.</details>'
page 'no empty line after a summary' 'no empty line after <summary>' \
    '<details><summary>A</summary>\nText.</details>'
page 'details without an end' 'that is not closed' '<details><summary>A</summary>\n\nText.'
page 'a picture without a description' 'without a description' '![](page.md)'
page 'a link from the root' 'not relative' '[a](/README.md)'
page 'a heading that is not there' 'no such place' '[a](#another)'
exit $status
