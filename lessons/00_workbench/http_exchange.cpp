#include "http_exchange.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace ladder {

namespace http = boost::beast::http;

namespace {

/// Beast asks for a body type that says where the pieces go.
struct piecewise_body {
    struct value_type {
        std::function<std::error_code(std::string_view)> sink;
        std::string text;
        std::uint64_t size = 0;
        std::error_code sink_error;
    };

    class reader {
    public:
        template <bool is_request, class Fields>
        reader(http::header<is_request, Fields>&, value_type& body) : body_(body) {}

        void init(const boost::optional<std::uint64_t>& length,
                  boost::system::error_code& error) {
            error = {};
            // A large promise costs nothing until bytes arrive.
            if (!body_.sink && length)
                body_.text.reserve(std::min<std::uint64_t>(*length, 1 << 20));
        }

        template <class Buffers>
        std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
            error = {};
            std::size_t total = 0;
            for (auto i = boost::asio::buffer_sequence_begin(buffers);
                 i != boost::asio::buffer_sequence_end(buffers); ++i) {
                const boost::asio::const_buffer buffer = *i;
                take({static_cast<const char*>(buffer.data()), buffer.size()}, error);
                if (error) return total;
                total += buffer.size();
            }
            return total;
        }

        void finish(boost::system::error_code& error) { error = {}; }

    private:
        void take(std::string_view piece, boost::system::error_code& error) {
            body_.size += piece.size();
            if (!body_.sink) {
                body_.text.append(piece);
                return;
            }
            body_.sink_error = body_.sink(piece);
            if (body_.sink_error)
                error = boost::system::errc::make_error_code(
                    boost::system::errc::operation_canceled);
        }

        value_type& body_;
    };
};

using parser_type = http::response_parser<piecewise_body>;

std::error_code translate(const boost::system::error_code& error) {
    if (error == http::error::header_limit) return http_error::header_too_large;
    if (error == http::error::body_limit) return http_error::body_too_large;
    if (error == http::error::partial_message || error == http::error::end_of_stream)
        return http_error::truncated;
    return http_error::malformed;
}

} // namespace

struct http_exchange::state {
    std::string request;
    std::size_t request_sent = 0;

    std::unique_ptr<char[]> buffer;
    std::size_t begin = 0; ///< Received and not yet taken by the parser: [begin, end).
    std::size_t end = 0;

    http_options options;
    std::optional<parser_type> parser;
    std::error_code error;
    bool started = false;
    bool complete = false;

    void new_parser() {
        parser.emplace();
        parser->eager(true); // without it the body is never consumed
        parser->header_limit(header_limit);
        parser->body_limit(options.max_body);
        parser->get().body().sink = options.sink;
    }

    int status() const noexcept {
        return parser->is_header_done() ? static_cast<int>(parser->get().result_int())
                                        : 0;
    }

    bool is_interim() const noexcept {
        return status() / 100 == 1 && status() != 101; // RFC 9110 §15.2
    }

    void parse() {
        while (begin != end && !error && !complete) {
            // Of half a header Beast remembers only where to look on, and then finds
            // fault or not depending on how it was cut. So it always gets all of it.
            if (!parser->is_header_done() && parser->got_some()) new_parser();
            boost::system::error_code parse_error;
            const std::size_t size = parser->put(
                boost::asio::buffer(&buffer[begin], end - begin), parse_error);
            const bool half_a_header =
                parse_error == http::error::need_more && !parser->is_header_done();
            if (!half_a_header) begin += size;
            if (parse_error == http::error::need_more) break;
            if (parse_error) return fail(parse_error);
            if (!parser->is_done()) continue;
            if (is_interim())
                new_parser();
            else
                complete = true;
        }
        if (begin == end) begin = end = 0;
    }

    void fail(const boost::system::error_code& parse_error) {
        const std::error_code of_sink = parser->get().body().sink_error;
        error = of_sink ? of_sink : translate(parse_error);
    }
};

http_exchange::http_exchange(const http_url& url, http_options options)
    : state_(std::make_unique<state>()) {
    if (options.user_agent.find_first_of("\r\n") != std::string_view::npos)
        throw std::invalid_argument("a User-Agent must be one line");
    state_->request = fmt::format("GET {} HTTP/1.1\r\n"
                                  "Host: {}\r\n"
                                  "User-Agent: {}\r\n"
                                  "Accept: */*\r\n"
                                  "\r\n",
                                  url.target, url.authority(), options.user_agent);
    options.user_agent = {}; // the caller's string may go away now
    state_->options = std::move(options);
    state_->new_parser();
}

http_exchange::~http_exchange() = default;
http_exchange::http_exchange(http_exchange&&) noexcept = default;
http_exchange& http_exchange::operator=(http_exchange&&) noexcept = default;

std::string_view http_exchange::to_send() const noexcept {
    return std::string_view{state_->request}.substr(state_->request_sent);
}

void http_exchange::sent(std::size_t size) noexcept {
    state_->request_sent = std::min(state_->request_sent + size, state_->request.size());
}

std::span<char> http_exchange::room() {
    auto& s = *state_;
    if (!s.buffer) s.buffer = std::make_unique_for_overwrite<char[]>(header_limit);
    if (s.end == header_limit && s.begin > 0) {
        std::copy(&s.buffer[s.begin], &s.buffer[s.end], &s.buffer[0]);
        s.end -= std::exchange(s.begin, 0);
    }
    return {&s.buffer[s.end], header_limit - s.end};
}

void http_exchange::received(std::size_t size) {
    auto& s = *state_;
    if (done()) return;
    if (size > 0) {
        s.started = true;
        s.end += size;
        s.parse();
        const bool stuck = s.begin == 0 && s.end == header_limit;
        if (stuck && !done())
            s.error =
                status() == 0 ? http_error::header_too_large : http_error::malformed;
        return;
    }
    if (!s.parser->got_some()) {
        s.error = http_error::truncated;
        return;
    }
    boost::system::error_code parse_error;
    s.parser->put_eof(parse_error);
    if (parse_error)
        s.fail(parse_error);
    else if (s.parser->is_done() && !s.is_interim())
        s.complete = true;
    else
        s.error = http_error::truncated;
}

bool http_exchange::done() const noexcept {
    return state_->complete || state_->error;
}

std::error_code http_exchange::error() const noexcept {
    return state_->error;
}

bool http_exchange::started() const noexcept {
    return state_->started;
}

bool http_exchange::keep_alive() const noexcept {
    const auto& s = *state_;
    const bool nothing_left_over = s.begin == s.end;
    return s.complete && !s.error && s.parser->keep_alive() && nothing_left_over;
}

int http_exchange::status() const noexcept {
    const int status = state_->status();
    return state_->is_interim() ? 0 : status;
}

std::string_view http_exchange::header(std::string_view name) const {
    const auto& fields = state_->parser->get();
    const auto found = fields.find({name.data(), name.size()});
    if (found == fields.end()) return {};
    return {found->value().data(), found->value().size()};
}

std::uint64_t http_exchange::body_size() const noexcept {
    return state_->parser->get().body().size;
}

std::string http_exchange::take_body() {
    return std::move(state_->parser->get().body().text);
}

} // namespace ladder
