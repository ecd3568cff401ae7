// Boost.MySQL itself, compiled once here and nowhere else.

#include <boost/mysql/src.hpp>
