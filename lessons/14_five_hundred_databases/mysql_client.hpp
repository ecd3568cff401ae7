#pragma once

#include "question.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/mysql/diagnostics.hpp>
#include <boost/mysql/error_code.hpp>
#include <boost/mysql/handshake_params.hpp>
#include <boost/mysql/results.hpp>
#include <boost/mysql/tcp.hpp>

/// What the ways have in common. For their .cpp files only: the headers are heavy.
namespace ladder::five_hundred_databases {

inline boost::asio::ip::tcp::endpoint endpoint_of(const question& q, std::size_t number) {
    return {boost::asio::ip::make_address(host(number)), q.port};
}

/// Refers to the question, which must live as long.
inline boost::mysql::handshake_params login(const question& q) {
    return {q.user, "", "", boost::mysql::handshake_params::default_collation,
            boost::mysql::ssl_mode::disable};
}

/// In words, preferably the server's own; empty when there is no error.
inline std::string describe(const boost::mysql::error_code& error,
                            const boost::mysql::diagnostics& said = {}) {
    if (!error) return {};
    if (!said.server_message().empty()) return std::string{said.server_message()};
    return error.message();
}

/// A sleep that was interrupted says 1.
inline std::string check(const boost::mysql::results& results) {
    if (results.rows().empty()) return "an answer without a row";
    const auto value = results.rows().front().at(0);
    const bool one = value.is_int64() && value.get_int64() == 1;
    return one ? "the sleep was interrupted" : "";
}

} // namespace ladder::five_hundred_databases
