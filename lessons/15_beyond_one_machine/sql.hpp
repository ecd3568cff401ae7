#pragma once

#include "queue_address.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace ladder::beyond_one_machine {

/// What the database says, or that it says nothing.
class sql_error : public std::runtime_error {
public:
    enum class kind : char {
        refused,   ///< It does not want this, now or later.
        collision, ///< Somebody was quicker: nothing was done, and again it may work.
        lost,      ///< The connection is. Whether it was done, nobody knows.
    };

    sql_error(kind what, const std::string& text)
        : std::runtime_error(text),
          what_kind(what) {}

    kind what_kind;
};

/// Of a statement. Values are texts, as the protocol has them; null is empty.
struct sql_answer {
    std::uint64_t affected = 0; ///< Rows that are not as they were.
    std::vector<std::vector<std::string>> rows;

    std::uint64_t number(std::size_t row, std::size_t column) const;
};

/// A connection to one of several hosts with the same data: to the next one when it
/// breaks, and there it stays. For one fiber at a time, of the thread whose event loop
/// it is; the others wait for their turn.
///
/// A statement whose connection breaks may have been done or not. So nobody asks for a
/// statement alone: a `step` may be repeated as a whole, and is, until the database has
/// answered all of it. It is written so that twice is as good as once.
class sql {
public:
    using value = std::variant<std::uint64_t, std::string_view>;

    /// The step so far, or a statement of it. Throws sql_error, which no step catches.
    using run = std::function<sql_answer(std::string_view, std::initializer_list<value>)>;

    struct settings {
        std::chrono::milliseconds answer{5'000};     ///< The longest wait for one.
        std::chrono::milliseconds patience{600'000}; ///< Without any, until we give up.
        /// Told what is wrong, once, when we begin to be patient.
        std::function<void(const std::string&)> complain = {};
    };

    sql(boost::asio::io_context& io, queue_address where, settings s);
    sql(boost::asio::io_context& io, queue_address where);
    ~sql();

    /// `body` gets what runs a statement with its values, and whether the step was tried
    /// before. Throws sql_error: refused, or lost when patience has ended.
    void step(const std::function<void(const run&, bool again)>& body);

    /// A step of one statement.
    sql_answer ask(std::string_view statement, std::initializer_list<value> values = {});

    /// The same, and the statements take effect together or not at all, unless `body`
    /// returns false: not at all.
    void transaction(const std::function<bool(const run&, bool again)>& body);

    /// From now on, be no more patient than this.
    void hurry(std::chrono::milliseconds patience);

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace ladder::beyond_one_machine
