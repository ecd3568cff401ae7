#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/version.hpp>

#include <cstdint>
#include <string>

namespace ladder::server {

/// Takes a request apart and keeps what the server looks at: of the header, Beast itself
/// remembers how the body and the connection end; a body is read and forgotten. That is
/// less than http::request_parser does, and spares its fields.
class request_parser final : public boost::beast::http::basic_parser<true> {
public:
    request_parser() { eager(true); }

    const std::string& target() const noexcept { return target_; }

    bool is_get() const noexcept { return is_get_; }

    bool is_http11() const noexcept { return is_http11_; }

private:
    using error_code = boost::beast::error_code;
    using string_view = boost::beast::string_view;
    using verb = boost::beast::http::verb;
    using field = boost::beast::http::field;

    void on_request_impl(verb method, string_view, string_view target, int version,
                         error_code&) override {
        target_.assign(target.data(), target.size());
        is_get_ = method == verb::get;
        is_http11_ = version == 11;
    }

    void on_response_impl(int, string_view, int, error_code&) override {}

    void on_field_impl(field, string_view, string_view, error_code&) override {}
#if BOOST_BEAST_VERSION >= 359 // Boost 1.90
    void on_trailer_field_impl(field, string_view, string_view, error_code&) override {}
#endif
    void on_header_impl(error_code&) override {}

    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

    std::size_t on_body_impl(string_view body, error_code&) override {
        return body.size();
    }

    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}

    std::size_t on_chunk_body_impl(std::uint64_t, string_view body,
                                   error_code&) override {
        return body.size();
    }

    void on_finish_impl(error_code&) override {}

    std::string target_;
    bool is_get_ = false;
    bool is_http11_ = false;
};

} // namespace ladder::server
