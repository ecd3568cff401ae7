# A header as Doxygen wants it; no line moves.
# It has to have seen a namespace of others that a header adds to.
s/^#pragma once$/namespace boost::asio {}/
# It links a friend of a class to a place that it then leaves out.
s/^ *friend .*;$//
