# awk -f docs/header.awk HEADER, run in the project's root: a header as Doxygen wants it; no
# line moves. What stands in front of a namespace is about the header: the namespaces
# themselves are in namespaces.dox.

# The comment that may be one about the header.
function flush(    i) {
    for (i = 1; i <= count; ++i) print comment[i]
    count = 0
}

BEGIN {
    file = ARGV[1]
    if (index(file, ENVIRON["LADDER_ROOT"] "/") == 1)
        file = substr(file, length(ENVIRON["LADDER_ROOT"]) + 2)
}

/^\/\/\// { comment[++count] = $0; next }
/^namespace ladder/ && count { sub(/^\/\/\/ */, "/// @file " file " ", comment[1]) }
{ flush() }

# It has to have seen a namespace of others that a header adds to.
/^#pragma once$/ { print "namespace boost::asio {}"; next }
# It links a friend of a class to a place that it then leaves out.
/^ *friend .*;$/ { print ""; next }
{ print }
