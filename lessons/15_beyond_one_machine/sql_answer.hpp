#pragma once

#include "sql.hpp"

#include <boost/mysql/results.hpp>

namespace ladder::beyond_one_machine {

/// What Boost.MySQL has read, as texts.
sql_answer answer_of(const boost::mysql::results& results);

} // namespace ladder::beyond_one_machine
